#include "radio.h"

#include <string.h>

enum {
  kScanRoundMs = 10240, /* Linux: DISCOV_LE_TIMEOUT; each round starts with an empty duplicate filter */
  kAnyRssi = 127,
};

/* The Bluetooth base UUID in wire order; a short UUID replaces octets 12 and up. */
static const uint8_t kBaseUuid[kUuidBytes] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80,
                                              0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

void controller_plug(struct controller* controller, const uint8_t address[kAddressBytes]) {
  memset(controller, 0, sizeof *controller);
  memcpy(controller->address, address, kAddressBytes);
  controller->settings = kSettingLowEnergy;
  controller->plugged = true;
}

void controller_stop_discovery(struct controller* controller) {
  controller->discovering = false;
  if (controller->deafness == kDeafUntilStopped) controller->deafness = kHearsWell;
  controller->filter = (struct discovery_filter){.rssi_min = kAnyRssi};
}

/* Size of one UUID in an AD structure of this type, 0 if the type is no UUID list. */
static size_t uuid_list_stride(uint8_t ad_type) {
  static const uint8_t strides[] = {[2] = 2, [3] = 2, [4] = 4, [5] = 4, [6] = 16, [7] = 16};
  return ad_type < sizeof strides ? strides[ad_type] : 0;
}

static bool filter_names(const struct discovery_filter* filter, const uint8_t* uuid, size_t bytes) {
  uint8_t full[kUuidBytes];
  memcpy(full, kBaseUuid, kUuidBytes);
  memcpy(bytes == kUuidBytes ? full : full + 12, uuid, bytes);
  for (uint16_t i = 0; i < filter->uuid_count; i++)
    if (memcmp(filter->uuids[i], full, kUuidBytes) == 0) return true;
  return false;
}

static bool lists_wanted_uuid(const struct discovery_filter* filter, const struct advert* advert) {
  size_t at = 0;
  while (at + 1 < advert->length) {
    size_t length = advert->payload[at];
    if (length == 0 || at + 1 + length > advert->length) return false;
    size_t stride = uuid_list_stride(advert->payload[at + 1]);
    for (size_t i = 1; stride != 0 && i + stride <= length; i += stride)
      if (filter_names(filter, advert->payload + at + 1 + i, stride)) return true;
    at += 1 + length;
  }
  return false;
}

static bool passes_filter(const struct controller* controller, const struct advert* advert) {
  const struct discovery_filter* filter = &controller->filter;
  if (!controller->discovering) return true;
  if (filter->rssi_min != kAnyRssi && (advert->rssi == kAnyRssi || advert->rssi < filter->rssi_min)) return false;
  return filter->uuid_count == 0 || lists_wanted_uuid(filter, advert);
}

static bool is_duplicate(struct controller* controller, const uint8_t* address, uint64_t now_ms) {
  if (controller->monitors != 0) return false;
  if (now_ms - controller->scan_round_started_ms >= kScanRoundMs) {
    controller->scan_round_started_ms = now_ms;
    controller->remembered_count = 0;
  }
  for (size_t i = 0; i < controller->remembered_count; i++)
    if (memcmp(controller->remembered[i], address, kAddressBytes) == 0) return true;
  if (controller->remembered_count < kDuplicateMemory)
    memcpy(controller->remembered[controller->remembered_count++], address, kAddressBytes);
  return false;
}

bool controller_hears(struct controller* controller, const struct advert* advert, uint64_t now_ms) {
  const bool scanning = controller->discovering || controller->monitors != 0;
  return (controller->settings & kSettingPowered) != 0 && scanning && controller->deafness == kHearsWell &&
         !is_duplicate(controller, advert->address, now_ms) && passes_filter(controller, advert);
}
