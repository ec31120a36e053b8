/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* In front of a plain loop that results are compared with. Sanitizers are to look at what is
 * compared; in the loop, which is slow as it is, they would take most of a test's time. */
#define REFERENCE __attribute__ ((no_sanitize ("address"), no_sanitize ("undefined")))
