/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Let the C library give back what sessions leave behind. To be called before there are threads;
 * what the environment says of it (MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, GLIBC_TUNABLES) is
 * left as it is. */
void serve_allocator_settle (void);
