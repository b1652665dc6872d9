/* The emulated controllers: what is plugged in, what it is doing, and which adverts it hears.
 *
 * Plain state and rules without any socket: mgmt.c changes it for bluetoothd, control.c for the test.
 * One thread owns it (the poll loop of virtual_mgmt.c). */
#ifndef RADIO_H
#define RADIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmt_wire.h"

enum {
  kMaxControllers = 8,
  kMaxAdvertInstances = 5, /* what Linux offers without help of the chip */
  kMaxMonitors = 32,       /* Linux: HCI_MAX_ADV_MONITOR_NUM_HANDLES */
  kMaxFilterUuids = 16,
  kUuidBytes = 16,
  kDuplicateMemory = 256, /* advertisers a chip's duplicate filter remembers */
};

/* What bluetoothd advertises through the controller; length 0 means the instance is free. */
struct advert_instance {
  bool used;
  uint8_t length;
  uint8_t payload[kLegacyAdvertMax];
};

/* Start Service Discovery's filter; without UUIDs every advert passes. */
struct discovery_filter {
  int8_t rssi_min; /* dBm; 127 = no limit */
  uint16_t uuid_count;
  uint8_t uuids[kMaxFilterUuids][kUuidBytes];
};

/* A sick chip goes on saying that it scans and reports nothing, until this is done to it (or it is plugged anew). */
enum deafness { kHearsWell, kDeafUntilStopped, kDeafUntilPoweredOff };

struct controller {
  bool plugged;
  enum deafness deafness;
  uint8_t address[kAddressBytes]; /* in wire order: last octet of the text form first */
  uint32_t settings;              /* mgmt_setting bits */
  char name[kMgmtNameBytes];
  bool discovering;
  uint8_t discovery_type;
  struct discovery_filter filter;
  uint32_t monitors; /* bit n set = advertisement monitor with handle n+1 */
  struct advert_instance adverts[kMaxAdvertInstances];
  uint64_t scan_round_started_ms;
  size_t remembered_count;
  uint8_t remembered[kDuplicateMemory][kAddressBytes];
  uint64_t heard, unheard, lost; /* adverts passed up; not passed up; passed up but the socket was full */
};

struct advert {
  uint8_t address[kAddressBytes];
  uint8_t address_type; /* 1 public, 2 random */
  int8_t rssi;          /* dBm; 127 = not available */
  uint8_t length;
  uint8_t payload[kLegacyAdvertMax];
};

/* Puts a freshly plugged, powered-off controller there. */
void controller_plug(struct controller* controller, const uint8_t address[kAddressBytes]);

/* Ends the running discovery, as the kernel does at power-off and when its client is gone. */
void controller_stop_discovery(struct controller* controller);

/* True if the kernel would report this advert now. Follows Linux 6.1: the scan runs while someone discovers or
 * a monitor is registered; a discovery filter looks at RSSI and at the UUID lists (AD types 2 to 7), never at
 * service data; the chip's duplicate filter is on unless a monitor is registered, and forgets every 10.24 s. */
bool controller_hears(struct controller* controller, const struct advert* advert, uint64_t now_ms);

#endif
