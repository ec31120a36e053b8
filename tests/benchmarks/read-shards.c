/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast the files in shards are read when nothing is made of them, beside a program that reads
 * the shards from one end to the other, as cat does; run by shards.py. In turns, so that what else
 * the machine does is shared.
 *
 * usage: read-shards LOCATION TURNS SHARD...
 *
 * Prints for each turn the gigabytes a second of the plain reading, and of ours in the order of the
 * shards and in a shuffled one. */
#include <generative/dataset.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (1 << 17) /* what cat of coreutils reads at a time */

typedef struct {
  double seconds;
  guint64 bytes;
} Turn;

static double
rate (Turn turn)
{
  return (double)turn.bytes / turn.seconds / 1e9;
}

static Turn
read_plainly (char *const *shards, int n)
{
  const gint64 began = g_get_monotonic_time ();
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  Turn turn = { 0 };

  for (int i = 0; i < n; i++) {
    int file = open (shards[i], O_RDONLY);
    ssize_t got;

    while ((got = read (file, chunk, CHUNK)) > 0)
      turn.bytes += (guint64)got;
    close (file);
  }
  turn.seconds = (double)(g_get_monotonic_time () - began) / G_TIME_SPAN_SECOND;
  return turn;
}

static Turn
read_items (const GenDataset *dataset, GenSequence *sequence)
{
  const gint64 began = g_get_monotonic_time ();
  Turn turn = { 0 };

  for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes =
        gen_dataset_read_file (dataset, gen_sequence_get_item (sequence, i), &error);

    if (bytes == NULL)
      g_error ("%s", error->message);
    turn.bytes += g_bytes_get_size (bytes);
  }
  turn.seconds = (double)(g_get_monotonic_time () - began) / G_TIME_SPAN_SECOND;
  return turn;
}

int
main (int argc, char **argv)
{
  GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) shuffled = NULL, in_order = NULL;

  if (argc < 4)
    return 2;
  dataset = gen_dataset_open (argv[1], &(GenDatasetSettings){ 0 }, &error);
  if (dataset != NULL)
    shuffled = gen_sequence_new (dataset, &order, &error);
  order.shuffle = FALSE;
  if (shuffled != NULL)
    in_order = gen_sequence_new (dataset, &order, &error);
  if (in_order == NULL)
    g_error ("%s", error->message);
  for (int i = 0; i < atoi (argv[2]); i++)
    printf ("%.3f %.3f %.3f\n", rate (read_plainly (argv + 3, argc - 3)),
        rate (read_items (dataset, in_order)), rate (read_items (dataset, shuffled)));
  return 0;
}
