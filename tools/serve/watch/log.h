/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Write the log of the process to stderr, as text or JSON lines, or to the journal, as `kind` says
 * (SERVE_LOG_…). Once a process. Requests (G_LOG_LEVEL_INFO with fields) are in it; what is of
 * DEBUG is, too, where G_MESSAGES_DEBUG asks for it. */
void serve_log_begin (int kind);
