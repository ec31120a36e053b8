/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/device.h>
#include <gst/gst.h>

/* An allocator of system memory between which and `device` frames travel without a detour: locked
 * for a GPU. Where no more can be locked, it is plain memory. (transfer full) */
GstAllocator *gst_generative_host_allocator_new (const GenDevice *device);
