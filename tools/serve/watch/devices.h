/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphics processors of NVIDIA's, as counters: how much of their memory is used, by whomever, and
 * how busy they are. */
#pragma once

#include "../../../lib/serve/counters.h"

typedef struct _ServeDevices ServeDevices;

/* NULL: there are none here, or no library that tells of them (libnvidia-ml.so.1, which comes with
 * their driver). */
ServeDevices *serve_devices_new (GenCounters *counters);
void serve_devices_free (ServeDevices *devices);
/* Take their figures anew. */
void serve_devices_look (ServeDevices *devices);
