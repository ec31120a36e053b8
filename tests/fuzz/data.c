/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of numbers: numpy arrays, safetensors, tensors of ONNX, IDX datasets, statistics in numpy's
 * archives, and sounds. What a file is meant to be, its first byte says, so that one corpus serves
 * all. */
#include <generative/dataset.h>
#include <generative/metric.h>
#include <generative/npy.h>
#include <generative/onnx.h>
#include <generative/safetensors.h>

#include "fuzz.h"

static void
read_npy (const char *path)
{
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npy_load (path, &type, &shape, NULL);
}

static void
read_tensor (const char *path)
{
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_onnx_load_tensor (path, &type, &shape, NULL);
}

static void
read_safetensors (const char *path)
{
  g_autoptr (GenSafetensors) file = gen_safetensors_load (path, NULL);
}

static void
read_idx (const char *path)
{
  GenDatasetSettings settings = { 0 };
  g_autoptr (GenDataset) dataset = gen_dataset_open (path, &settings, NULL);
}

static void
read_statistics (const char *path)
{
  g_auto (GenStatistics) statistics = { 0 };

  gen_statistics_load (&statistics, path, NULL);
}

static void
read_sound (const char *path)
{
  g_auto (GenSound) sound = { 0 };

  gen_sound_probe (path, NULL, NULL, NULL, NULL);
  gen_sound_load_part (&sound, path, 16000, 1, 100, 4096, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (const char *) = { read_npy, read_tensor, read_safetensors,
    read_idx, read_statistics, read_sound };

  if (size > 0)
    readers[data[0] % G_N_ELEMENTS (readers)](fuzz_file (data + 1, size - 1));
  return 0;
}
