/* virtual-bt-preload.so: LD_PRELOAD for a stock bluetoothd on a machine whose kernel has no Bluetooth.
 *
 * bluetoothd's Bluetooth sockets become unix sockets. The one it binds to the management channel is connected
 * to virtual-mgmt at $VIRTUAL_MGMT_SOCKET; a listening one (L2CAP, RFCOMM) listens where nobody will call.
 * Every other socket of the process is left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  kTrackedDescriptors = 1024,
  kProtocolHci = 1,
  kChannelControl = 3, /* HCI_CHANNEL_CONTROL: the management protocol */
};

/* struct sockaddr_hci of the kernel, which no package of ours needs to be installed for. */
struct hci_address {
  sa_family_t family;
  unsigned short device;
  unsigned short channel;
};

enum kind { kForeign = 0, kHci, kOtherBluetooth };

static unsigned char kinds[kTrackedDescriptors];

static enum kind kind_of(int descriptor) {
  return descriptor >= 0 && descriptor < kTrackedDescriptors ? kinds[descriptor] : kForeign;
}

/* The libc function that ours hides. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int socket(int domain, int type, int protocol) {
  if (domain != AF_BLUETOOTH) return REAL(socket)(domain, type, protocol);
  const int flags = type & (SOCK_CLOEXEC | SOCK_NONBLOCK);
  const int descriptor = REAL(socket)(AF_UNIX, SOCK_SEQPACKET | flags, 0);
  if (descriptor >= kTrackedDescriptors) {
    REAL(close)(descriptor);
    errno = EMFILE;
    return -1;
  }
  if (descriptor >= 0) kinds[descriptor] = protocol == kProtocolHci ? kHci : kOtherBluetooth;
  return descriptor;
}

static int connect_to_emulator(int descriptor) {
  const char* path = getenv("VIRTUAL_MGMT_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (path == NULL || strlen(path) >= sizeof address.sun_path) {
    errno = ENODEV;
    return -1;
  }
  strcpy(address.sun_path, path);
  return REAL(connect)(descriptor, (const struct sockaddr*)&address, sizeof address);
}

int bind(int descriptor, const struct sockaddr* address, socklen_t length) {
  struct hci_address hci;
  if (kind_of(descriptor) == kForeign) return REAL(bind)(descriptor, address, length);
  if (kind_of(descriptor) == kOtherBluetooth) return 0;
  memcpy(&hci, address, sizeof hci < length ? sizeof hci : length);
  if (length >= sizeof hci && hci.channel == kChannelControl) return connect_to_emulator(descriptor);
  errno = EINVAL; /* the logging channel, which an old kernel would not know either */
  return -1;
}

int listen(int descriptor, int backlog) {
  if (kind_of(descriptor) != kForeign) {
    const struct sockaddr_un anywhere = {.sun_family = AF_UNIX};
    if (REAL(bind)(descriptor, (const struct sockaddr*)&anywhere, sizeof anywhere.sun_family) != 0) return -1;
  }
  return REAL(listen)(descriptor, backlog);
}

int setsockopt(int descriptor, int level, int name, const void* value, socklen_t length) {
  if (kind_of(descriptor) != kForeign && level != SOL_SOCKET) return 0;
  const int result = REAL(setsockopt)(descriptor, level, name, value, length);
  return kind_of(descriptor) != kForeign ? 0 : result;
}

int getsockopt(int descriptor, int level, int name, void* value, socklen_t* length) {
  if (kind_of(descriptor) == kForeign || level == SOL_SOCKET)
    return REAL(getsockopt)(descriptor, level, name, value, length);
  memset(value, 0, *length);
  return 0;
}

int getsockname(int descriptor, struct sockaddr* address, socklen_t* length) {
  if (kind_of(descriptor) == kForeign) return REAL(getsockname)(descriptor, address, length);
  memset(address, 0, *length);
  address->sa_family = AF_BLUETOOTH;
  return 0;
}

int close(int descriptor) {
  if (kind_of(descriptor) != kForeign) kinds[descriptor] = kForeign;
  return REAL(close)(descriptor);
}
