/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of numbers: numpy arrays, safetensors, tensors of ONNX, datasets of all kinds that are
 * known by their content, statistics in numpy's archives, and sounds. What a file is meant to be,
 * its first byte says, so that one corpus serves all. */
#include <generative/dataset.h>
#include <generative/metric.h>
#include <generative/npy.h>
#include <generative/onnx.h>
#include <generative/safetensors.h>

#include <unistd.h>

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

/* The first item and the last. */
static void
load_items (const GenDataset *dataset)
{
  const GenFitting fitting = { 0 };
  GenFormat format = *gen_dataset_get_format (dataset);
  g_auto (GenSample) sample = { 0 };

  format.length = MIN (format.length, 4096);
  gen_sample_init (&sample, &format);
  gen_dataset_load (dataset, 0, &fitting, &sample, NULL);
  gen_dataset_load (dataset, gen_dataset_get_count (dataset) - 1, &fitting, &sample, NULL);
}

static void
read_dataset (const char *path)
{
  GenDatasetSettings settings = { 0 };
  g_autoptr (GenDataset) dataset = gen_dataset_open (path, &settings, NULL);

  if (dataset != NULL)
    load_items (dataset);
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

/* Known by its name alone. */
static void
read_named (const guint8 *data, gsize size, const char *ending)
{
  const char *path = fuzz_file_named (data, size, ending);

  read_dataset (path);
  unlink (path);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static void (*const readers[]) (const char *) = { read_npy, read_tensor, read_safetensors,
    read_dataset, read_statistics, read_sound };

  static const char *const endings[] = { ".csv", ".jsonl" };
  const gsize kind = size > 0 ? data[0] % (G_N_ELEMENTS (readers) + G_N_ELEMENTS (endings)) : 0;

  if (size > 0 && kind < G_N_ELEMENTS (readers))
    readers[kind](fuzz_file (data + 1, size - 1));
  else if (size > 0)
    read_named (data + 1, size - 1, endings[kind - G_N_ELEMENTS (readers)]);
  return 0;
}
