/* The bytes of the Bluetooth management protocol, as BlueZ documents them in doc/mgmt-api.txt.
 *
 * Only what this emulator speaks. Everything on the wire is little-endian; the helpers below are the
 * only code that knows it. They check no bounds: the caller has compared the length first. */
#ifndef MGMT_WIRE_H
#define MGMT_WIRE_H

#include <stdint.h>

enum {
  kMgmtHeaderBytes = 6,   /* code, controller index, parameter length: u16 each */
  kMgmtMessageMax = 1024, /* the longest message this emulator sends or takes */
  kMgmtNoIndex = 0xffff,  /* "no controller" in the index field */
  kMgmtNameBytes = 249,
  kMgmtShortNameBytes = 11,
  kAddressBytes = 6,
  kLegacyAdvertMax = 31, /* octets of payload in a Bluetooth 4.x advert */
};

enum mgmt_event {
  kEventCommandComplete = 0x0001,
  kEventCommandStatus = 0x0002,
  kEventIndexAdded = 0x0004,
  kEventIndexRemoved = 0x0005,
  kEventNewSettings = 0x0006,
  kEventDeviceFound = 0x0012,
  kEventDiscovering = 0x0013,
  kEventAdvertisingAdded = 0x0023,
  kEventAdvertisingRemoved = 0x0024,
};

enum mgmt_status {
  kStatusSuccess = 0x00,
  kStatusUnknownCommand = 0x01,
  kStatusNotConnected = 0x02,
  kStatusConnectFailed = 0x04,
  kStatusBusy = 0x0a,
  kStatusRejected = 0x0b,
  kStatusInvalidParameters = 0x0d,
  kStatusNotPowered = 0x0f,
  kStatusInvalidIndex = 0x11,
};

enum mgmt_setting {
  kSettingPowered = 1u << 0,
  kSettingConnectable = 1u << 1,
  kSettingDiscoverable = 1u << 3,
  kSettingBondable = 1u << 4,
  kSettingLowEnergy = 1u << 9,
  kSettingAdvertising = 1u << 10,
  kSettingSecureConnections = 1u << 11,
  kSettingPrivacy = 1u << 13,
};

static inline void put_u16(uint8_t* to, uint16_t value) {
  to[0] = (uint8_t)value;
  to[1] = (uint8_t)(value >> 8);
}

static inline void put_u32(uint8_t* to, uint32_t value) {
  put_u16(to, (uint16_t)value);
  put_u16(to + 2, (uint16_t)(value >> 16));
}

static inline uint16_t get_u16(const uint8_t* from) { return (uint16_t)(from[0] | from[1] << 8); }

#endif
