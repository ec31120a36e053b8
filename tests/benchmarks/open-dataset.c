/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long it takes until a dataset shows its first item, in seconds and of the processor, and how
 * much memory at most, in megabytes; run by folders.py.
 *
 * usage: open-dataset LOCATION [SPLIT] */
#include <generative/dataset.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A line of /proc/self/status, in kilobytes. */
static long
read_status (const char *name)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return -1;
  line = strstr (text, name);
  return line != NULL ? (long)g_ascii_strtoll (line + strlen (name) + 1, NULL, 10) : -1;
}

static void
report (const char *name, gint64 since)
{
  printf ("%s %.3f\n", name, (double)(g_get_monotonic_time () - since) / G_TIME_SPAN_SECOND);
}

int
main (int argc, char **argv)
{
  const gint64 began = g_get_monotonic_time ();
  const long before = read_status ("VmHWM");
  GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;
  GenLoaderSettings loading = { .threads = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (GenLoader) loader = NULL;
  g_auto (GenSample) sample = { 0 };
  guint64 frame;
  guint32 item;

  if (argc < 2)
    return 2;
  if (argc > 2 && strcmp (argv[2], "train") == 0)
    order.split = GEN_SPLIT_TRAIN;
  dataset = gen_dataset_open (argv[1], &(GenDatasetSettings){ 0 }, &error);
  report ("open", began);
  if (dataset != NULL)
    sequence = gen_sequence_new (dataset, &order, &error);
  report ("order", began);
  if (sequence != NULL) {
    loading.format = *gen_dataset_get_format (dataset);
    gen_sample_init (&sample, &loading.format);
    loader = gen_loader_new (dataset, sequence, &loading);
    gen_loader_next (loader, &sample, &frame, &item, &error);
  }
  report ("first", began);
  if (error != NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  printf ("items %u\nclasses %d\nlength %u\n", gen_dataset_get_count (dataset),
      gen_dataset_get_label_count (dataset), gen_sequence_get_length (sequence));
  printf ("processor %.3f\n", (double)clock () / CLOCKS_PER_SEC);
  printf ("program %.1f\nmost %.1f\nanonymous %.1f\nmapped %.1f\n", (double)before / 1024,
      (double)read_status ("VmHWM") / 1024, (double)read_status ("RssAnon") / 1024,
      (double)read_status ("RssFile") / 1024);
  return 0;
}
