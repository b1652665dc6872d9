/* The line protocol by which a test or the demo plays the world around the controllers.
 *
 * One command a line, one answer a line: "ok …" or "error WHY". README.md lists the commands; the fake
 * org.bluez of tests/support speaks the same, so that phones do not care which radio hears them. */
#ifndef CONTROL_H
#define CONTROL_H

#include "mgmt.h"

enum { kControlLineMax = 512, kControlAnswerMax = 4096 };

/* Reads one line (without its end) and writes the answer with its end into `answer`. */
void control_line(struct mgmt* mgmt, const char* line, uint64_t now_ms, char answer[kControlAnswerMax]);

/* Parses "AA:BB:CC:DD:EE:FF" into wire order; false if it is anything else. */
bool control_parse_address(const char* text, uint8_t address[kAddressBytes]);

#endif
