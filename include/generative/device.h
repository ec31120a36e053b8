/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

#define GEN_DEVICE_ERROR (gen_device_error_quark ())
GEN_API GQuark gen_device_error_quark (void);

typedef enum {
  GEN_DEVICE_ERROR_UNKNOWN,     /* no device of that name */
  GEN_DEVICE_ERROR_UNAVAILABLE, /* known, but not on this machine or not in this build */
  GEN_DEVICE_ERROR_FAILED, /* it is there, and fails: its driver is too old, memory is short … */
} GenDeviceError;

/**
 * GenDevice: where plans run. One constant struct per kind of device; a plan names the
 * one it was compiled for.
 */
typedef struct {
  const char *name; /* "cpu", "cuda" */
  const char *description;
  /* Whether plans can be compiled for it here and now; says why not. */
  gboolean (*available) (GError **error);
  /* Memory of this machine, from which and to which the device copies without a detour; for
   * pictures, not for everything: it is locked where it is. NULL when there is none to be had. Any
   * thread may free it. */
  void *(*take_host) (gsize size);
  void (*free_host) (void *memory);
} GenDevice;

/* Work that somebody has under way on a device, in its own term: for "cuda" a CUstream of the
 * context in which a plan works. */
typedef struct _GenFence GenFence;

GEN_API extern const GenDevice gen_device_cpu;
GEN_API extern const GenDevice gen_device_cuda;

/* All of them, ended by NULL, the preferred one first. */
GEN_API const GenDevice *const *gen_device_list (void);
/* The device of that name; "auto" is the first that is available. NULL with `error` when
 * there is none or it is not available. */
GEN_API const GenDevice *gen_device_find (const char *name, GError **error);

/* Cores that this process may run on. */
GEN_API int gen_cpu_count (void);
/* The processor's name, and the instruction sets of it that kernels use: what it has and
 * GENERATIVE_MAXIMUM_ISA in the environment allows. (transfer full) Since: 0.2 */
GEN_API char *gen_cpu_describe (void);

G_END_DECLS
