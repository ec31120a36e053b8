/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd and a service say to each other (sd_notify(3), sd_listen_fds(3)): two environment
 * variables and a datagram, for which no library is needed. */
#pragma once

#include <glib.h>

/* Tell whoever has started the program, if he wants to know: "READY=1". */
void serve_systemd_notify (const char *state);
/* Tell him that it lives, as often as he wants. The source's number, or 0: he does not. */
guint serve_systemd_watch (void);
/* The descriptor of a socket of that name (FileDescriptorName=) that he listens on, or -1. Where
 * there is a single one, it is "http". Each is handed out once. */
int serve_systemd_take_socket (const char *name);
