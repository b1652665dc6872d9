/* virtual-mgmt: stands in for the kernel's Bluetooth, so that a stock bluetoothd runs where there is none.
 *
 *     virtual-mgmt MGMT_SOCKET CONTROL_SOCKET [ADDRESS...]
 *
 * bluetoothd reaches MGMT_SOCKET through virtual-bt-preload.so; the test or demo reaches CONTROL_SOCKET with
 * the line protocol of README.md. Each ADDRESS is a controller that is plugged in from the start: hci0, hci1, …
 * Prints "ready" when both sockets listen. One thread, one poll loop; runs until it is terminated. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

enum { kMaxControlClients = 8 };

struct control_client {
  int socket;
  size_t used;
  char buffer[8 * kControlLineMax];
};

struct server {
  struct mgmt mgmt;
  int mgmt_listener, control_listener;
  struct control_client control[kMaxControlClients];
  size_t control_count;
};

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static int listen_at(const char* path, int type) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  unlink(path);
  const int listener = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (const struct sockaddr*)&address, sizeof address) != 0 ||
      listen(listener, 16) != 0)
    return -1;
  return listener;
}

static void accept_mgmt(struct server* server) {
  const int client = accept(server->mgmt_listener, NULL, NULL);
  if (client < 0) return;
  if (server->mgmt.client_count == kMaxMgmtClients)
    close(client);
  else
    server->mgmt.clients[server->mgmt.client_count++] = client;
}

static void accept_control(struct server* server) {
  const int client = accept(server->control_listener, NULL, NULL);
  if (client < 0) return;
  if (server->control_count == kMaxControlClients)
    close(client);
  else
    server->control[server->control_count++] = (struct control_client){.socket = client};
}

static void read_mgmt(struct server* server, size_t position) {
  uint8_t message[kMgmtMessageMax];
  const int client = server->mgmt.clients[position];
  const ssize_t length = recv(client, message, sizeof message, MSG_DONTWAIT);
  if (length > 0)
    mgmt_command(&server->mgmt, client, message, (size_t)length);
  else if (length == 0 || errno != EAGAIN)
    mgmt_forget_client(&server->mgmt, position);
}

static void answer_lines(struct server* server, struct control_client* client) {
  char answer[kControlAnswerMax];
  char *line = client->buffer, *end;
  while ((end = memchr(line, '\n', client->used - (size_t)(line - client->buffer))) != NULL) {
    *end = '\0';
    control_line(&server->mgmt, line, now_ms(), answer);
    if (send(client->socket, answer, strlen(answer), MSG_NOSIGNAL) < 0) break;
    line = end + 1;
  }
  client->used -= (size_t)(line - client->buffer);
  memmove(client->buffer, line, client->used);
}

/* A client that sends a line longer than the buffer is no client of ours: it is dropped. */
static void read_control(struct server* server, size_t position) {
  struct control_client* client = &server->control[position];
  const ssize_t length =
      recv(client->socket, client->buffer + client->used, sizeof client->buffer - client->used, MSG_DONTWAIT);
  if (length < 0 && errno == EAGAIN) return;
  if (length > 0) {
    client->used += (size_t)length;
    answer_lines(server, client);
    return;
  }
  close(client->socket);
  server->control[position] = server->control[--server->control_count];
}

static void turn(struct server* server) {
  struct pollfd polled[2 + kMaxMgmtClients + kMaxControlClients];
  const size_t mgmt_count = server->mgmt.client_count, control_count = server->control_count;
  size_t count = 0;
  polled[count++] = (struct pollfd){.fd = server->mgmt_listener, .events = POLLIN};
  polled[count++] = (struct pollfd){.fd = server->control_listener, .events = POLLIN};
  for (size_t i = 0; i < mgmt_count; i++)
    polled[count++] = (struct pollfd){.fd = server->mgmt.clients[i], .events = POLLIN};
  for (size_t i = 0; i < control_count; i++)
    polled[count++] = (struct pollfd){.fd = server->control[i].socket, .events = POLLIN};
  if (poll(polled, count, -1) < 0) return;
  /* Backwards, because a client that leaves hands its place to the last one. */
  for (size_t i = control_count; i-- > 0;)
    if (polled[2 + mgmt_count + i].revents != 0) read_control(server, i);
  for (size_t i = mgmt_count; i-- > 0;)
    if (polled[2 + i].revents != 0) read_mgmt(server, i);
  if (polled[0].revents != 0) accept_mgmt(server);
  if (polled[1].revents != 0) accept_control(server);
}

static bool plug_first_controllers(struct server* server, char** addresses, int count) {
  for (int i = 0; i < count; i++) {
    uint8_t address[kAddressBytes];
    if (i >= kMaxControllers || !control_parse_address(addresses[i], address)) return false;
    controller_plug(&server->mgmt.controllers[i], address);
  }
  return true;
}

int main(int argc, char** argv) {
  static struct server server;
  if (argc < 3 || !plug_first_controllers(&server, argv + 3, argc - 3)) {
    fprintf(stderr, "usage: virtual-mgmt MGMT_SOCKET CONTROL_SOCKET [ADDRESS...]   (at most %d)\n", kMaxControllers);
    return 2;
  }
  server.mgmt_listener = listen_at(argv[1], SOCK_SEQPACKET);
  server.control_listener = server.mgmt_listener < 0 ? -1 : listen_at(argv[2], SOCK_STREAM);
  if (server.control_listener < 0) {
    perror(server.mgmt_listener < 0 ? argv[1] : argv[2]);
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (;;) turn(&server);
}
