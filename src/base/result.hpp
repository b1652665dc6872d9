// Expected trouble as a value: a subset of std::expected's interface (C++20 has none).
// Owner thread: any. Never throws; asking the wrong side is a broken invariant and aborts.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace tg {

/// Why something did not work, in words for a person. Never contains personal data or secrets.
struct Error {
  std::string message;
};

template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

[[nodiscard]] inline Unexpected<Error> fail(std::string message) { return {Error{std::move(message)}}; }

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected<E> u) : state_(std::in_place_index<1>, std::move(u.error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return require<0>(*this); }
  const T& value() const& { return require<0>(*this); }
  T&& value() && { return std::move(require<0>(*this)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const E& error() const { return require<1>(*this); }

 private:
  template <std::size_t I, class Self>
  static auto& require(Self& self) {
    if (self.state_.index() != I) std::abort();
    return *std::get_if<I>(&self.state_);
  }
  std::variant<T, E> state_;
};

struct Ok {};
template <class E>
class [[nodiscard]] Result<void, E> : public Result<Ok, E> {
 public:
  Result() : Result<Ok, E>(Ok{}) {}
  Result(Unexpected<E> u) : Result<Ok, E>(std::move(u)) {}
};

}  // namespace tg
