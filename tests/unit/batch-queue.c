/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of batches that training takes. */
#include "training.h"

#include "../trainers.h"

static GenTrainer *
new_trainer (void)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS };
  g_autoptr (GenGraph) generator = NULL, discriminator = NULL;
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer;

  options.format = format;
  settings.batch_size = BATCH;
  settings.threads = 1;
  generator = gen_preset_mlp.nets[GENERATOR](&options, &error);
  discriminator = gen_preset_mlp.nets[DISCRIMINATOR](&options, &error);
  g_assert_no_error (error);
  trainer = adversarial_trainer (generator, discriminator, &settings, &error);
  g_assert_no_error (error);
  return trainer;
}

static void
assert_batch (GenBatchQueue *queue, guint64 first)
{
  g_auto (GenSample) sample = { 0 };
  GenTrainerBatch *batch = gen_batch_queue_take (queue);
  float numbers[SIZE * SIZE];

  g_assert_nonnull (batch);
  gen_sample_init (&sample, &format);
  for (guint i = 0; i < BATCH; i++) {
    fill_picture (&sample, first + i);
    sample.medium->to_numbers (&sample, -1, 1, numbers);
    g_assert_cmpmem (numbers, sizeof numbers,
        (const float *)gen_feed_data (batch->samples) + i * SIZE * SIZE, sizeof numbers);
  }
  gen_batch_queue_give_back (queue);
}

/* What was seen is passed over; the rest comes in batches; what is not a whole one does not. */
static void
test_queue (void)
{
  g_autoptr (GenTrainer) trainer = new_trainer ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 3, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < 3 + 2 * BATCH + 1; i++)
    g_assert_cmpint (add (queue, i), ==, GEN_BATCH_QUEUE_ADDED);
  g_assert_cmpuint (gen_batch_queue_get_rest (queue), ==, 1);
  gen_batch_queue_end (queue);
  assert_batch (queue, 3);
  assert_batch (queue, 3 + BATCH);
  g_assert_null (gen_batch_queue_take (queue));
}

/* A flush throws away what has not been taken, an end among it. */
static void
test_flush (void)
{
  g_autoptr (GenTrainer) trainer = new_trainer ();
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 0, NULL);

  for (guint i = 0; i < BATCH + 2; i++)
    add (queue, i);
  gen_batch_queue_end (queue);
  gen_batch_queue_set_flushing (queue, TRUE);
  g_assert_cmpint (add (queue, 0), ==, GEN_BATCH_QUEUE_FLUSHING);
  gen_batch_queue_set_flushing (queue, FALSE);
  g_assert_cmpuint (gen_batch_queue_get_rest (queue), ==, 0);
  for (guint i = 0; i < BATCH; i++)
    add (queue, 100 + i);
  assert_batch (queue, 100);
}

/* Only so many are wanted, and none once it is closed. */
static void
test_limit (void)
{
  g_autoptr (GenTrainer) trainer = new_trainer ();
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 0, NULL);

  for (guint i = 0; i < 3 * BATCH; i++)
    add (queue, i);
  gen_batch_queue_set_limit (queue, 1);
  assert_batch (queue, 0);
  g_assert_null (gen_batch_queue_take (queue));
  gen_batch_queue_set_limit (queue, 2);
  assert_batch (queue, BATCH);
  gen_batch_queue_set_limit (queue, G_MAXUINT64);
  gen_batch_queue_close (queue);
  g_assert_null (gen_batch_queue_take (queue));
  g_assert_cmpint (add (queue, 0), ==, GEN_BATCH_QUEUE_CLOSED);
}

/* Of the samples of all members each takes its part of every batch, and of these it passes over
 * those that it has seen. */
static void
test_parts (void)
{
  g_autoptr (GenTrainer) trainer = new_trainer ();

  for (guint member = 0; member < 3; member++) {
    g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, BATCH, NULL);

    gen_batch_queue_take_part (queue, member, 3);
    for (guint i = 0; i < 9 * BATCH; i++)
      g_assert_cmpint (add (queue, i), ==, GEN_BATCH_QUEUE_ADDED);
    gen_batch_queue_end (queue);
    assert_batch (queue, (3 + member) * BATCH);
    assert_batch (queue, (6 + member) * BATCH);
    g_assert_null (gen_batch_queue_take (queue));
  }
}

static gpointer
fill_for_ever (gpointer queue)
{
  guint64 number = 0;
  GenBatchQueueResult result;

  while ((result = add (queue, number)) == GEN_BATCH_QUEUE_ADDED)
    number++;
  g_assert_cmpint (result, ==, GEN_BATCH_QUEUE_CLOSED);
  return GUINT_TO_POINTER ((guint)number);
}

/* Who fills waits for who trains, and none is lost on the way. */
static void
test_threads (void)
{
  g_autoptr (GenTrainer) trainer = new_trainer ();
  g_autoptr (GenBatchQueue) queue = gen_batch_queue_new (trainer, 0, NULL);
  GThread *thread = g_thread_new ("fill", fill_for_ever, queue);
  guint n;

  for (guint64 i = 0; i < 50; i++)
    assert_batch (queue, i * BATCH);
  gen_batch_queue_close (queue);
  n = GPOINTER_TO_UINT (g_thread_join (thread));
  g_assert_cmpuint (n, >=, 50 * BATCH);
  g_assert_cmpuint (n, <=, 55 * BATCH);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/training/queue", test_queue);
  g_test_add_func ("/training/queue/flush", test_flush);
  g_test_add_func ("/training/queue/limit", test_limit);
  g_test_add_func ("/training/queue/parts", test_parts);
  g_test_add_func ("/training/queue/threads", test_threads);
  return g_test_run ();
}
