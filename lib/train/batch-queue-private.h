/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a training says of its batches before the first sample comes. */
#pragma once

#include <generative/batch-queue.h>

#include "replay.h"

/* The last places of each batch are for what is replayed (transfer full), and `first` is the number
 * of the first batch. */
void gen_batch_queue_replay (GenBatchQueue *queue, GenReplay *replay, guint64 first);
/* Class `i` of what is added is class `map[i]`, of `n`; others stay. `map` outlives the queue. */
void gen_batch_queue_map_classes (GenBatchQueue *queue, const int *map, guint n);
