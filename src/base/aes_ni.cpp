#include "base/aes_ni.hpp"

#include <cstdlib>

#if defined(__x86_64__)
#include <immintrin.h>

#define TG_AES_NI __attribute__((target("aes")))

namespace tg::aes_ni {
namespace {

template <int RoundConstant>
TG_AES_NI inline __m128i next_round_key(__m128i key) {
  const __m128i mixed = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, RoundConstant), 0xFF);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, mixed);
}

/// One round under the key that follows `key`.
template <int RoundConstant>
TG_AES_NI inline void round(__m128i& state, __m128i& key) {
  key = next_round_key<RoundConstant>(key);
  state = _mm_aesenc_si128(state, key);
}

TG_AES_NI inline __m128i load(const Key128& bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}

}  // namespace

bool available() { return __builtin_cpu_supports("aes") != 0; }

TG_AES_NI Key128 encrypt(const Key128& key, const Key128& block) {
  __m128i round_key = load(key);
  __m128i state = _mm_xor_si128(load(block), round_key);
  round<0x01>(state, round_key);  // the round constants of FIPS 197, 5.2
  round<0x02>(state, round_key);
  round<0x04>(state, round_key);
  round<0x08>(state, round_key);
  round<0x10>(state, round_key);
  round<0x20>(state, round_key);
  round<0x40>(state, round_key);
  round<0x80>(state, round_key);
  round<0x1B>(state, round_key);
  state = _mm_aesenclast_si128(state, next_round_key<0x36>(round_key));
  Key128 out{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), state);
  return out;
}

}  // namespace tg::aes_ni

#else

namespace tg::aes_ni {
bool available() { return false; }
Key128 encrypt(const Key128&, const Key128&) { std::abort(); }
}  // namespace tg::aes_ni

#endif
