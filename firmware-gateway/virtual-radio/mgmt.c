#include "mgmt.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  kProtocolVersion = 1,
  kProtocolRevision = 22, /* Linux 6.1 */
  kBluetoothVersion = 8,  /* 4.2: no extended advertising, 31 octets a payload */
  kManufacturerNone = 0xffff,
  kAddressParameterBytes = kAddressBytes + 1, /* address and its type */
  kDeviceFoundNotConnectable = 1u << 2,
};

static const uint32_t kSupportedSettings = kSettingPowered | kSettingConnectable | kSettingDiscoverable |
                                           kSettingBondable | kSettingLowEnergy | kSettingAdvertising |
                                           kSettingSecureConnections | kSettingPrivacy;

struct command;

/* One command being answered. */
struct call {
  struct mgmt* mgmt;
  const struct command* command;
  int client;
  uint16_t code;
  uint16_t index;
  struct controller* controller; /* null for commands about no controller */
  const uint8_t* parameters;
  uint16_t length;
};

struct command {
  uint16_t code;
  uint16_t length_min;                              /* of the parameters */
  enum mgmt_status (*run)(const struct call* call); /* replies itself on success */
  uint32_t setting;                                 /* for set_setting: the bit that the first parameter switches */
};

/* -- sending ------------------------------------------------------------------------------------------------- */

static bool send_message(int client, uint16_t code, uint16_t index, const uint8_t* body, size_t length, int flags) {
  uint8_t message[kMgmtMessageMax];
  put_u16(message, code);
  put_u16(message + 2, index);
  put_u16(message + 4, (uint16_t)length);
  if (length != 0) memcpy(message + kMgmtHeaderBytes, body, length);
  return send(client, message, kMgmtHeaderBytes + length, flags | MSG_NOSIGNAL) >= 0;
}

static void send_event(struct mgmt* mgmt, int except, uint16_t code, uint16_t index, const uint8_t* body,
                       size_t length) {
  for (size_t i = 0; i < mgmt->client_count; i++)
    if (mgmt->clients[i] != except) send_message(mgmt->clients[i], code, index, body, length, 0);
}

static enum mgmt_status reply(const struct call* call, const uint8_t* body, size_t length) {
  uint8_t event[kMgmtMessageMax - kMgmtHeaderBytes] = {0};
  put_u16(event, call->code);
  event[2] = kStatusSuccess;
  if (length != 0) memcpy(event + 3, body, length);
  send_message(call->client, kEventCommandComplete, call->index, event, 3 + length, 0);
  return kStatusSuccess;
}

static void refuse(const struct call* call, enum mgmt_status status) {
  uint8_t event[3];
  put_u16(event, call->code);
  event[2] = (uint8_t)status;
  send_message(call->client, kEventCommandStatus, call->index, event, sizeof event, 0);
}

static bool powered(const struct call* call) { return (call->controller->settings & kSettingPowered) != 0; }

/* -- commands about the protocol itself ---------------------------------------------------------------------- */

static enum mgmt_status read_version(const struct call* call) {
  uint8_t body[3] = {kProtocolVersion};
  put_u16(body + 1, kProtocolRevision);
  return reply(call, body, sizeof body);
}

static enum mgmt_status read_commands(const struct call* call);

static enum mgmt_status read_index_list(const struct call* call) {
  uint8_t body[2 + 2 * kMaxControllers] = {0};
  uint16_t count = 0;
  for (uint16_t i = 0; i < kMaxControllers; i++)
    if (call->mgmt->controllers[i].plugged) put_u16(body + 2 + 2 * count++, i);
  put_u16(body, count);
  return reply(call, body, 2 + 2u * count);
}

/* -- commands about a controller ----------------------------------------------------------------------------- */

static enum mgmt_status read_info(const struct call* call) {
  uint8_t body[20 + kMgmtNameBytes + kMgmtShortNameBytes] = {0};
  memcpy(body, call->controller->address, kAddressBytes);
  body[6] = kBluetoothVersion;
  put_u16(body + 7, kManufacturerNone);
  put_u32(body + 9, kSupportedSettings);
  put_u32(body + 13, call->controller->settings);
  memcpy(body + 20, call->controller->name, kMgmtNameBytes);
  return reply(call, body, sizeof body);
}

static void announce_discovering(const struct call* call) {
  const uint8_t event[2] = {call->controller->discovery_type, call->controller->discovering};
  send_event(call->mgmt, -1, kEventDiscovering, call->index, event, sizeof event);
}

static enum mgmt_status set_setting(const struct call* call) {
  struct controller* controller = call->controller;
  const uint32_t before = controller->settings;
  const bool on = call->parameters[0] != 0;
  controller->settings = on ? before | call->command->setting : before & ~call->command->setting;
  if (!powered(call)) controller->deafness = kHearsWell;
  uint8_t body[4];
  put_u32(body, controller->settings);
  reply(call, body, sizeof body);
  if (controller->settings != before)
    send_event(call->mgmt, call->client, kEventNewSettings, call->index, body, sizeof body);
  if (controller->discovering && !powered(call)) {
    controller_stop_discovery(controller);
    announce_discovering(call);
  }
  return kStatusSuccess;
}

static enum mgmt_status set_local_name(const struct call* call) {
  memcpy(call->controller->name, call->parameters, kMgmtNameBytes);
  return reply(call, call->parameters, kMgmtNameBytes + kMgmtShortNameBytes);
}

static enum mgmt_status accept_silently(const struct call* call) { return reply(call, NULL, 0); }
static enum mgmt_status accept_address(const struct call* call) {
  return reply(call, call->parameters, kAddressParameterBytes);
}
static enum mgmt_status accept_class(const struct call* call) { return reply(call, (const uint8_t[3]){0}, 3); }
static enum mgmt_status no_connections(const struct call* call) { return reply(call, (const uint8_t[2]){0}, 2); }

static enum mgmt_status refuse_connecting(const struct call* call) {
  (void)call;
  return kStatusConnectFailed;
}

static enum mgmt_status refuse_not_connected(const struct call* call) {
  (void)call;
  return kStatusNotConnected;
}

/* -- scanning ------------------------------------------------------------------------------------------------ */

static enum mgmt_status begin_discovery(const struct call* call, const struct discovery_filter* filter) {
  struct controller* controller = call->controller;
  if (!powered(call)) return kStatusNotPowered;
  if (controller->discovering) return kStatusBusy;
  controller->discovering = true;
  controller->discovery_type = call->parameters[0];
  controller->filter = *filter;
  controller->remembered_count = 0;
  reply(call, call->parameters, 1);
  announce_discovering(call);
  return kStatusSuccess;
}

static enum mgmt_status start_discovery(const struct call* call) {
  return begin_discovery(call, &(struct discovery_filter){.rssi_min = 127});
}

static enum mgmt_status start_service_discovery(const struct call* call) {
  struct discovery_filter filter = {.rssi_min = (int8_t)call->parameters[1],
                                    .uuid_count = get_u16(call->parameters + 2)};
  if (filter.uuid_count > kMaxFilterUuids || call->length != 4 + filter.uuid_count * kUuidBytes)
    return kStatusInvalidParameters;
  memcpy(filter.uuids, call->parameters + 4, (size_t)filter.uuid_count * kUuidBytes);
  return begin_discovery(call, &filter);
}

static enum mgmt_status stop_discovery(const struct call* call) {
  if (!call->controller->discovering) return kStatusRejected;
  controller_stop_discovery(call->controller);
  reply(call, call->parameters, 1);
  announce_discovering(call);
  return kStatusSuccess;
}

static enum mgmt_status read_monitor_features(const struct call* call) {
  uint8_t body[13 + 2 * kMaxMonitors] = {0};
  uint16_t count = 0;
  put_u16(body + 8, kMaxMonitors);
  body[10] = 16; /* patterns a monitor */
  for (uint16_t handle = 1; handle <= kMaxMonitors; handle++)
    if ((call->controller->monitors >> (handle - 1) & 1) != 0) put_u16(body + 13 + 2 * count++, handle);
  put_u16(body + 11, count);
  return reply(call, body, 13 + 2u * count);
}

static enum mgmt_status add_monitor(const struct call* call) {
  for (uint16_t handle = 1; handle <= kMaxMonitors; handle++) {
    const uint32_t bit = 1u << (handle - 1);
    if ((call->controller->monitors & bit) != 0) continue;
    call->controller->monitors |= bit;
    uint8_t body[2];
    put_u16(body, handle);
    return reply(call, body, sizeof body);
  }
  return kStatusBusy;
}

static enum mgmt_status remove_monitor(const struct call* call) {
  const uint16_t handle = get_u16(call->parameters);
  if (handle > kMaxMonitors) return kStatusInvalidParameters;
  call->controller->monitors = handle == 0 ? 0 : call->controller->monitors & ~(1u << (handle - 1));
  return reply(call, call->parameters, 2);
}

/* -- advertising --------------------------------------------------------------------------------------------- */

static enum mgmt_status read_advertising_features(const struct call* call) {
  uint8_t body[8 + kMaxAdvertInstances] = {0x1f, 0, 0, 0, kLegacyAdvertMax, kLegacyAdvertMax, kMaxAdvertInstances};
  uint8_t count = 0;
  for (uint8_t i = 0; i < kMaxAdvertInstances; i++)
    if (call->controller->adverts[i].used) body[8 + count++] = (uint8_t)(i + 1);
  body[7] = count;
  return reply(call, body, 8u + count);
}

static enum mgmt_status add_advertising(const struct call* call) {
  const uint8_t instance = call->parameters[0], length = call->parameters[9];
  if (instance == 0 || instance > kMaxAdvertInstances || length > kLegacyAdvertMax || call->length < 11 + length)
    return kStatusInvalidParameters;
  struct advert_instance* advert = &call->controller->adverts[instance - 1];
  advert->used = true;
  advert->length = length;
  memcpy(advert->payload, call->parameters + 11, length);
  reply(call, &instance, 1);
  send_event(call->mgmt, call->client, kEventAdvertisingAdded, call->index, &instance, 1);
  return kStatusSuccess;
}

static enum mgmt_status remove_advertising(const struct call* call) {
  const uint8_t wanted = call->parameters[0];
  if (wanted > kMaxAdvertInstances) return kStatusInvalidParameters;
  reply(call, &wanted, 1);
  for (uint8_t instance = 1; instance <= kMaxAdvertInstances; instance++) {
    struct advert_instance* advert = &call->controller->adverts[instance - 1];
    if (!advert->used || (wanted != 0 && wanted != instance)) continue;
    advert->used = false;
    send_event(call->mgmt, call->client, kEventAdvertisingRemoved, call->index, &instance, 1);
  }
  return kStatusSuccess;
}

/* -- the table ----------------------------------------------------------------------------------------------- */

static const struct command kAboutProtocol[] = {
    {0x0001, 0, read_version, 0},
    {0x0002, 0, read_commands, 0},
    {0x0003, 0, read_index_list, 0},
};

static const struct command kAboutController[] = {
    {0x0004, 0, read_info, 0},
    {0x0005, 1, set_setting, kSettingPowered},
    {0x0006, 1, set_setting, kSettingDiscoverable},
    {0x0007, 1, set_setting, kSettingConnectable},
    {0x0009, 1, set_setting, kSettingBondable},
    {0x000d, 1, set_setting, kSettingLowEnergy},
    {0x000e, 2, accept_class, 0}, /* Set Device Class */
    {0x000f, kMgmtNameBytes + kMgmtShortNameBytes, set_local_name, 0},
    {0x0010, 16, accept_class, 0},                             /* Add UUID */
    {0x0011, 16, accept_class, 0},                             /* Remove UUID */
    {0x0012, 3, accept_silently, 0},                           /* Load Link Keys */
    {0x0013, 2, accept_silently, 0},                           /* Load Long Term Keys */
    {0x0014, kAddressParameterBytes, refuse_not_connected, 0}, /* Disconnect */
    {0x0015, 0, no_connections, 0},                            /* Get Connections */
    {0x0018, 1, accept_silently, 0},                           /* Set IO Capability */
    {0x0019, kAddressParameterBytes, refuse_connecting, 0},    /* Pair Device */
    {0x001b, kAddressParameterBytes, accept_address, 0},       /* Unpair Device */
    {0x0023, 1, start_discovery, 0},
    {0x0024, 1, stop_discovery, 0},
    {0x0025, kAddressParameterBytes, accept_address, 0}, /* Confirm Name */
    {0x0026, kAddressParameterBytes, accept_address, 0}, /* Block Device */
    {0x0027, kAddressParameterBytes, accept_address, 0}, /* Unblock Device */
    {0x0028, 8, accept_silently, 0},                     /* Set Device ID */
    {0x002b, kAddressBytes, accept_silently, 0},         /* Set Static Address */
    {0x002d, 1, set_setting, kSettingSecureConnections},
    {0x002f, 1, set_setting, kSettingPrivacy},
    {0x0030, 2, accept_silently, 0},                     /* Load Identity Resolving Keys */
    {0x0033, kAddressParameterBytes, accept_address, 0}, /* Add Device */
    {0x0034, kAddressParameterBytes, accept_address, 0}, /* Remove Device */
    {0x0035, 2, accept_silently, 0},                     /* Load Connection Parameters */
    {0x003a, 4, start_service_discovery, 0},
    {0x003d, 0, read_advertising_features, 0},
    {0x003e, 11, add_advertising, 0},
    {0x003f, 1, remove_advertising, 0},
    {0x0046, 2, accept_silently, 0}, /* Set Blocked Keys */
    {0x0051, 0, read_monitor_features, 0},
    {0x0052, 1, add_monitor, 0}, /* Add Advertisement Patterns Monitor */
    {0x0053, 2, remove_monitor, 0},
    {0x0056, 1, add_monitor, 0}, /* the same with RSSI thresholds */
};

enum {
  kProtocolCommands = sizeof kAboutProtocol / sizeof kAboutProtocol[0],
  kControllerCommands = sizeof kAboutController / sizeof kAboutController[0],
};

/* bluetoothd uses an optional command only if it is listed here, so the list is the tables themselves. */
static enum mgmt_status read_commands(const struct call* call) {
  static const uint16_t events[] = {kEventIndexAdded,        kEventIndexRemoved, kEventNewSettings,
                                    kEventDeviceFound,       kEventDiscovering,  kEventAdvertisingAdded,
                                    kEventAdvertisingRemoved};
  enum { kEvents = sizeof events / sizeof events[0] };
  uint8_t body[4 + 2 * (kProtocolCommands + kControllerCommands + kEvents)];
  uint8_t* to = body + 4;
  put_u16(body, kProtocolCommands + kControllerCommands);
  put_u16(body + 2, kEvents);
  for (size_t i = 0; i < kProtocolCommands; i++, to += 2) put_u16(to, kAboutProtocol[i].code);
  for (size_t i = 0; i < kControllerCommands; i++, to += 2) put_u16(to, kAboutController[i].code);
  for (size_t i = 0; i < kEvents; i++, to += 2) put_u16(to, events[i]);
  return reply(call, body, sizeof body);
}

static const struct command* find_command(const struct command* table, size_t count, uint16_t code) {
  for (size_t i = 0; i < count; i++)
    if (table[i].code == code) return &table[i];
  return NULL;
}

static enum mgmt_status check_and_run(const struct call* call, size_t parameter_bytes) {
  if (call->index != kMgmtNoIndex && (call->controller == NULL || !call->controller->plugged))
    return kStatusInvalidIndex;
  if (call->command == NULL) return kStatusUnknownCommand;
  if (call->length != parameter_bytes || call->length < call->command->length_min) return kStatusInvalidParameters;
  return call->command->run(call);
}

void mgmt_command(struct mgmt* mgmt, int client, const uint8_t* message, size_t length) {
  if (length < kMgmtHeaderBytes) return;
  struct call call = {.mgmt = mgmt,
                      .client = client,
                      .code = get_u16(message),
                      .index = get_u16(message + 2),
                      .parameters = message + kMgmtHeaderBytes,
                      .length = get_u16(message + 4)};
  const bool about_protocol = call.index == kMgmtNoIndex;
  call.controller = about_protocol || call.index >= kMaxControllers ? NULL : &mgmt->controllers[call.index];
  call.command = about_protocol ? find_command(kAboutProtocol, kProtocolCommands, call.code)
                                : find_command(kAboutController, kControllerCommands, call.code);
  const enum mgmt_status status = check_and_run(&call, length - kMgmtHeaderBytes);
  if (status != kStatusSuccess) refuse(&call, status);
}

/* -- what happens to the machine ----------------------------------------------------------------------------- */

void mgmt_forget_client(struct mgmt* mgmt, size_t position) {
  close(mgmt->clients[position]);
  mgmt->clients[position] = mgmt->clients[--mgmt->client_count];
  if (mgmt->client_count != 0) return;
  for (size_t i = 0; i < kMaxControllers; i++) controller_stop_discovery(&mgmt->controllers[i]);
}

void mgmt_plug(struct mgmt* mgmt, uint16_t index, const uint8_t address[kAddressBytes]) {
  controller_plug(&mgmt->controllers[index], address);
  send_event(mgmt, -1, kEventIndexAdded, index, NULL, 0);
}

void mgmt_unplug(struct mgmt* mgmt, uint16_t index) {
  mgmt->controllers[index].plugged = false;
  mgmt->controllers[index].settings = 0;
  send_event(mgmt, -1, kEventIndexRemoved, index, NULL, 0);
}

bool mgmt_advert(struct mgmt* mgmt, uint16_t index, const struct advert* advert, uint64_t now_ms) {
  struct controller* controller = &mgmt->controllers[index];
  if (!controller_hears(controller, advert, now_ms)) {
    controller->unheard++;
    return false;
  }
  uint8_t event[14 + kLegacyAdvertMax];
  memcpy(event, advert->address, kAddressBytes);
  event[6] = advert->address_type;
  event[7] = (uint8_t)advert->rssi;
  put_u32(event + 8, kDeviceFoundNotConnectable);
  put_u16(event + 12, advert->length);
  memcpy(event + 14, advert->payload, advert->length);
  bool delivered = true; /* a full socket loses the event, like the kernel's */
  for (size_t i = 0; i < mgmt->client_count; i++)
    delivered &= send_message(mgmt->clients[i], kEventDeviceFound, index, event, 14u + advert->length, MSG_DONTWAIT);
  delivered ? controller->heard++ : controller->lost++;
  return delivered;
}
