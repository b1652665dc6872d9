#include "control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
  char* text;
  size_t used;
};

static void append(struct answer* answer, const char* format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct answer* answer, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int written = vsnprintf(answer->text + answer->used, kControlAnswerMax - answer->used, format, arguments);
  va_end(arguments);
  if (written > 0) answer->used += (size_t)written;
  if (answer->used >= kControlAnswerMax) answer->used = kControlAnswerMax - 1;
}

bool control_parse_address(const char* text, uint8_t address[kAddressBytes]) {
  unsigned octets[kAddressBytes];
  int used = 0;
  const int found = sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octets[5], &octets[4], &octets[3], &octets[2],
                           &octets[1], &octets[0], &used);
  if (found != kAddressBytes || text[used] != '\0') return false;
  for (size_t i = 0; i < kAddressBytes; i++) address[i] = (uint8_t)octets[i];
  return true;
}

/* Index of "hciN", or -1. */
static int parse_controller(const char* text) {
  if (strncmp(text, "hci", 3) != 0 || text[3] < '0' || text[3] >= '0' + kMaxControllers || text[4] != '\0') return -1;
  return text[3] - '0';
}

static int hex_digit(char digit) {
  static const char kDigits[] = "0123456789abcdef";
  const char* found = digit == '\0' ? NULL : strchr(kDigits, digit | 0x20);
  return found == NULL ? -1 : (int)(found - kDigits);
}

static bool parse_payload(const char* hex, struct advert* advert) {
  const size_t digits = strlen(hex);
  if (digits % 2 != 0 || digits / 2 > kLegacyAdvertMax) return false;
  advert->length = (uint8_t)(digits / 2);
  for (size_t i = 0; i < advert->length; i++) {
    const int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    advert->payload[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool parse_address_type(const char* text, uint8_t* type) {
  *type = strcmp(text, "public") == 0 ? 1 : 2;
  return *type == 1 || strcmp(text, "random") == 0;
}

static void play_advert(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer) {
  struct advert advert = {0};
  char* end;
  const int index = parse_controller(words[1]);
  const long rssi = strtol(words[4], &end, 10);
  advert.rssi = (int8_t)rssi;
  if (index < 0 || !mgmt->controllers[index].plugged)
    append(answer, "error no such controller");
  else if (!control_parse_address(words[2], advert.address))
    append(answer, "error address");
  else if (!parse_address_type(words[3], &advert.address_type))
    append(answer, "error address type: public or random");
  else if (*end != '\0' || rssi < -128 || rssi > 127)
    append(answer, "error rssi: -128 to 127");
  else if (!parse_payload(words[5], &advert))
    append(answer, "error payload: at most 31 octets in hex");
  else
    append(answer, mgmt_advert(mgmt, (uint16_t)index, &advert, now_ms) ? "ok heard" : "ok unheard");
}

static void play_plug(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer) {
  (void)now_ms;
  uint8_t address[kAddressBytes];
  const int index = parse_controller(words[1]);
  if (index < 0 || mgmt->controllers[index].plugged)
    append(answer, "error no such free place");
  else if (!control_parse_address(words[2], address))
    append(answer, "error address");
  else {
    mgmt_plug(mgmt, (uint16_t)index, address);
    append(answer, "ok");
  }
}

static void play_unplug(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer) {
  (void)now_ms;
  const int index = parse_controller(words[1]);
  if (index < 0 || !mgmt->controllers[index].plugged) {
    append(answer, "error no such controller");
    return;
  }
  mgmt_unplug(mgmt, (uint16_t)index);
  append(answer, "ok");
}

static void play_deaf(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer) {
  (void)now_ms;
  const int index = parse_controller(words[1]);
  const bool by_power = strcmp(words[2], "power") == 0;
  if (index < 0 || !mgmt->controllers[index].plugged)
    append(answer, "error no such controller");
  else if (!by_power && strcmp(words[2], "restart") != 0)
    append(answer, "error cure: restart or power");
  else {
    mgmt->controllers[index].deafness = by_power ? kDeafUntilPoweredOff : kDeafUntilStopped;
    append(answer, "ok");
  }
}

static void describe_adverts(const struct controller* controller, struct answer* answer) {
  const char* separator = "";
  append(answer, ",\"advertising\":[");
  for (size_t i = 0; i < kMaxAdvertInstances; i++) {
    const struct advert_instance* advert = &controller->adverts[i];
    if (!advert->used) continue;
    append(answer, "%s\"", separator);
    for (size_t octet = 0; octet < advert->length; octet++) append(answer, "%02x", advert->payload[octet]);
    append(answer, "\"");
    separator = ",";
  }
  append(answer, "]");
}

static void describe_controller(const struct controller* controller, struct answer* answer) {
  const uint8_t* a = controller->address;
  append(answer, "{\"address\":\"%02X:%02X:%02X:%02X:%02X:%02X\"", a[5], a[4], a[3], a[2], a[1], a[0]);
  append(answer, ",\"powered\":%s", (controller->settings & kSettingPowered) != 0 ? "true" : "false");
  append(answer, ",\"discovering\":%s", controller->discovering ? "true" : "false");
  append(answer, ",\"monitors\":%d", __builtin_popcount(controller->monitors));
  append(answer, ",\"heard\":%llu", (unsigned long long)controller->heard);
  append(answer, ",\"unheard\":%llu", (unsigned long long)controller->unheard);
  append(answer, ",\"lost\":%llu", (unsigned long long)controller->lost);
  describe_adverts(controller, answer);
  append(answer, "}");
}

static void describe_all(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer) {
  (void)words, (void)now_ms;
  const char* separator = "";
  append(answer, "ok {");
  for (size_t i = 0; i < kMaxControllers; i++) {
    if (!mgmt->controllers[i].plugged) continue;
    append(answer, "%s\"hci%zu\":", separator, i);
    describe_controller(&mgmt->controllers[i], answer);
    separator = ",";
  }
  append(answer, "}");
}

static const struct {
  const char* name;
  size_t words;
  void (*run)(struct mgmt* mgmt, char* const words[], uint64_t now_ms, struct answer* answer);
} kCommands[] = {
    {"adv", 6, play_advert}, {"plug", 3, play_plug},     {"unplug", 2, play_unplug},
    {"deaf", 3, play_deaf},  {"state", 1, describe_all},
};

void control_line(struct mgmt* mgmt, const char* line, uint64_t now_ms, char text[kControlAnswerMax]) {
  enum { kWordsMax = 8 };
  char copy[kControlLineMax], *words[kWordsMax] = {0}, *rest = NULL;
  struct answer answer = {.text = text};
  size_t count = 0;
  snprintf(copy, sizeof copy, "%s", line);
  for (char* word = strtok_r(copy, " ", &rest); word != NULL && count < kWordsMax; word = strtok_r(NULL, " ", &rest))
    words[count++] = word;
  for (size_t i = 0; i < sizeof kCommands / sizeof kCommands[0]; i++) {
    if (count != kCommands[i].words || strcmp(words[0], kCommands[i].name) != 0) continue;
    kCommands[i].run(mgmt, words, now_ms, &answer);
    append(&answer, "\n");
    return;
  }
  append(&answer, "error unknown command\n");
}
