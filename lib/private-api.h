/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the library exports for modules of the same build alone (lib/device/cuda) and for its own
 * tests. Nothing is promised of it to anybody else. */
#define GEN_PRIVATE_API __attribute__ ((visibility ("default")))
