/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fuzz target is one function over bytes, as libFuzzer calls it. Built without libFuzzer, the
 * same file becomes a program that replays files (replay.c). */
#pragma once

#include <gio/gio.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The bytes as a file, for readers that take a path: its name, which holds until the next call. */
const char *fuzz_file (const guint8 *data, gsize size);
/* The same under a name with an ending, for readers that go by it. */
const char *fuzz_file_named (const guint8 *data, gsize size, const char *ending);
