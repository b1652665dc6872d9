/* The kernel's side of the management protocol: answers bluetoothd's commands and sends it events.
 *
 * Knows the protocol and the controllers; opens and polls no socket (virtual_mgmt.c does). LE only: no
 * connections, no pairing, no GATT over the air. Scans never time out. */
#ifndef MGMT_H
#define MGMT_H

#include "radio.h"

enum { kMaxMgmtClients = 16 };

struct mgmt {
  struct controller controllers[kMaxControllers];
  int clients[kMaxMgmtClients]; /* connected SOCK_SEQPACKET sockets */
  size_t client_count;
};

/* Answers one command of a client; malformed ones get the status a kernel would give. */
void mgmt_command(struct mgmt* mgmt, int client, const uint8_t* message, size_t length);

/* Takes a client off the list; the last one to go ends every discovery, as the kernel's time-out would. */
void mgmt_forget_client(struct mgmt* mgmt, size_t position);

/* Plugs or unplugs a controller and tells every client. */
void mgmt_plug(struct mgmt* mgmt, uint16_t index, const uint8_t address[kAddressBytes]);
void mgmt_unplug(struct mgmt* mgmt, uint16_t index);

/* One advert on the air near this controller; true if it was reported to bluetoothd. */
bool mgmt_advert(struct mgmt* mgmt, uint16_t index, const struct advert* advert, uint64_t now_ms);

#endif
