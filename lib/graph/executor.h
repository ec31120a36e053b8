/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "narrow.h"
#include "storage.h"

G_BEGIN_DECLS

/**
 * GenExecutor: how a device runs a compiled graph. The plan has inferred, fused, chosen layouts and
 * found out which tensors share bytes, as the class says; the executor prepares kernels, holds all
 * memory, and runs.
 */
typedef struct _GenExecutor GenExecutor;
/* The executor's part of a GenFeed (feed.h): pinned memory, and a place on the device. */
typedef struct _GenExecutorFeed GenExecutorFeed;

typedef enum {
  GEN_BINDING_INPUT,
  GEN_BINDING_OUTPUT,
  GEN_BINDING_STATE,
} GenBindingKind;

typedef struct {
  /* Whether there is a device that works; says why not. */
  gboolean (*available) (GError **error);
  /* The device's functions of these names (device.h). */
  void *(*take_host) (gsize size);
  void (*free_host) (void *memory);
  /* Which of several devices is this process's: it is the thread's from here on, and `name` is what
   * no other one of the machine is called. NULL: there is but one. */
  gboolean (*identify) (char *name, gsize size, GError **error);
  /* What becomes of a node's float32 tensors where 16-bit floats of `type` are asked for; NULL
   * where values stay float32. */
  GenNarrow (*narrows) (const GenNode *node, GenDataType type);
  /* The same of a node of a model that is of 16-bit floats itself, whose tensors become float32. */
  GenNarrow (*lifts) (const GenNode *node, GenDataType type);
  gboolean fuses_quantized;      /* has kernels for layers of 8-bit integers */
  gboolean writes_out_gradients; /* has none for the gradient of attention */
  /* The graph and the storages stay the plan's and outlive the executor. Where the device has
   * contexts, the executor works in that which is the thread's now, whichever thread calls the
   * other functions; it has to outlive the executor. */
  GenExecutor *(*create) (
      GenGraph *graph, GenStorages *storages, const GenPlanOptions *options, GError **error);
  void (*destroy) (GenExecutor *executor);
  /* The executor's own memory for a port, which the CPU reads and writes; inputs are read from
   * there, and outputs written, unless bound elsewhere. */
  void *(*host) (GenExecutor *executor, GenBindingKind kind, guint number);
  /* Read input, or write output, `number` from `data`, device memory when `on_device`; NULL: the
   * executor's own again. A frame on the device is worked on where it is, and of any frame the
   * bytes between rows are neither read nor written. When a run returns, the bytes are there:
   * nothing has to be waited for. */
  void (*bind) (
      GenExecutor *executor, GenBindingKind kind, guint number, void *data, gboolean on_device);
  /* A feed for input `number`, for which all but bind_feed may be called while the executor runs;
   * one that is sent is waited for on the device. */
  GenExecutorFeed *(*create_feed) (GenExecutor *executor, guint number, GError **error);
  void (*destroy_feed) (GenExecutorFeed *feed);
  void *(*feed_host) (GenExecutorFeed *feed);
  gboolean (*send) (GenExecutorFeed *feed, GError **error);
  void (*bind_feed) (GenExecutor *executor, guint number, GenExecutorFeed *feed);
  /* Let a state's bytes on the device be those at `host`, and the other way round; NULL where they
   * are the same. */
  gboolean (*upload) (GenExecutor *executor, guint state, GError **error);
  gboolean (*download) (GenExecutor *executor, guint state, GError **error);
  /* What runs next comes after all that `fence` stands for by now. */
  gboolean (*wait) (GenExecutor *executor, GenFence *fence, GError **error);
  gboolean (*run) (GenExecutor *executor, guint64 draw, GError **error);
  /* One run with each node by itself; seconds[i] is what node i of the graph took. */
  gboolean (*profile) (GenExecutor *executor, guint64 draw, double *seconds, GError **error);
  /* Whether there is anything to do for a node. */
  gboolean (*runs) (const GenExecutor *executor, guint node);
  /* What does it: the kernel's name where there are several, else NULL; on a device its name, or
   * "cpu" when the values travel. */
  const char *(*place) (const GenExecutor *executor, guint node);
  /* The first kernel of an operator, NULL where there is none; NULL for all but the CPU's. */
  const GenKernel *(*find_kernel) (const GenExecutor *executor, const char *name);
} GenExecutorClass;

/* That of a device; NULL with `error` where it is not to be had. */
const GenExecutorClass *gen_device_executor (const GenDevice *device, GError **error);

/* What the module of a device exports, by this name. */
#define GEN_EXECUTOR_SYMBOL "gen_executor_class"

/* The CUDA module, loaded when it is first asked for; NULL with `error` when this build has none
 * or a library that it needs is missing. */
const GenExecutorClass *gen_cuda_executor_class (GError **error);

G_END_DECLS
