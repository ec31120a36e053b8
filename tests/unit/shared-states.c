/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members whose model remembers: each goes on with what it remembers of its own frames, whoever is
 * in its run. */
#include <generative/random.h>
#include <generative/shared-player.h>

#include <math.h>
#include <string.h>

enum { LENGTH = 8, SIDE = 8, PIXELS = SIDE * SIDE, MEMBERS = 5, FRAMES = 60, RESET_EVERY = 17 };

/* --- a model --- */

static GenTensor *
add (GenGraph *graph, const char *op, GenTensor **inputs, guint n, const char *name)
{
  GenTensor *y = gen_graph_add_value (graph, name);
  g_autoptr (GError) error = NULL;

  gen_graph_add_node (graph, NULL, NULL, op, GEN_OPSET, inputs, n, &y, 1, &error);
  g_assert_no_error (error);
  return y;
}

static GenTensor *
number (GenGraph *graph, float value)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&value, sizeof value));
}

static GenTensor *
weights (GenGraph *graph, gint64 from, gint64 to)
{
  const GenRandom random = gen_random_new (1, "weights", (guint64)to);
  const gsize n = (gsize)(from * to);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (from, to),
      g_bytes_new_take (numbers, n * sizeof (float)));
}

/* h' = h / 2 + z W, of [N, PIXELS]; g' = 9 g / 10 + z, of [1, N, LENGTH] as recurrent layers have
 * theirs; a picture sigmoid (h' + g' V). `batch` -1: any, of the states. */
static GenModel *
make_model (gint64 batch)
{
  static const gint64 shape[] = { -1, 1, SIDE, SIDE };
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, LENGTH));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (batch, PIXELS));
  GenTensor *g = gen_graph_add_input (graph, "g", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, batch, LENGTH));
  GenTensor *fresh, *h2, *g2, *y;
  GenModel *model;

  fresh = add (graph, "MatMul", (GenTensor *[]){ z, weights (graph, LENGTH, PIXELS) }, 2, NULL);
  h2 = add (graph, "Mul", (GenTensor *[]){ h, number (graph, 0.5f) }, 2, NULL);
  h2 = add (graph, "Add", (GenTensor *[]){ h2, fresh }, 2, "h2");
  g2 = add (graph, "Mul", (GenTensor *[]){ g, number (graph, 0.9f) }, 2, NULL);
  g2 = add (graph, "Add", (GenTensor *[]){ g2, z }, 2, "g2");
  y = add (graph, "MatMul", (GenTensor *[]){ g2, weights (graph, LENGTH, PIXELS) }, 2, NULL);
  y = add (graph, "Add", (GenTensor *[]){ y, h2 }, 2, NULL);
  y = add (graph, "Sigmoid", &y, 1, NULL);
  y = add (graph, "Reshape", (GenTensor *[]){ y, gen_graph_ints (graph, shape, 4) }, 2, "y");
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, h2);
  gen_graph_add_output (graph, g2);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.states"), g_strdup ("h=h2,g=g2"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

static GenPlayer *
make_player (GenModel *model)
{
  const GenPlayerOptions options = { .plan = { .threads = 1 } };
  GenPlayer *player = gen_player_new (model, &options);
  const GenModelUse use = { .input = *gen_model_find_input (model, GEN_PORT_VECTOR),
    .output = *gen_model_find_output (model, GEN_PORT_PICTURE),
    .frames = 1,
    .pictures = 1,
    .to_frames = TRUE,
    .to = { .columns = 1, .bytes = 1, .n_order = 1, .stride = SIDE } };
  g_autoptr (GError) error = NULL;

  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  return player;
}

/* --- members --- */

typedef struct {
  guint who;
  GenModel *model;
  gboolean exact;
  GenSharedFigures figures; /* at its end */
} Part;

static void
make (GenPlayer *player, GenSharedMember *member, guint who, guint frame, guint8 *picture)
{
  const GenRandom random = gen_random_new (who, "latent", 0);
  const GenFrame to = { .planes = { picture } };
  float latent[LENGTH] __attribute__ ((aligned (8)));
  g_autoptr (GError) error = NULL;

  gen_random_normal (&random, frame, 0, latent, LENGTH);
  gen_player_bind_numbers (player, 0, latent);
  gen_player_bind_output_frame (player, 0, &to);
  if (member != NULL)
    gen_shared_member_run (member, 20000, GEN_SHARED_NO_DEADLINE, &error);
  else
    gen_player_run (player, &error);
  g_assert_no_error (error);
}

/* Against what a player of its own makes, with a new beginning now and then. */
static gpointer
play (gpointer data)
{
  Part *part = data;
  const GenSharedOptions options = { .most = 4, .exact = part->exact };
  g_autoptr (GenPlayer) player = make_player (part->model), alone = make_player (part->model);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenSharedMember) member = gen_shared_member_new (player, &options, &error);

  g_assert_no_error (error);
  gen_shared_member_settle (member);
  for (guint i = 0; i < FRAMES; i++) {
    guint8 made[PIXELS], wanted[PIXELS];

    if (i % RESET_EVERY == part->who) {
      gen_player_reset (player);
      gen_player_reset (alone);
    }
    make (player, member, part->who, i, made);
    make (alone, NULL, part->who, i, wanted);
    for (guint p = 0; p < PIXELS; p++)
      g_assert_cmpint (ABS (made[p] - wanted[p]), <=, 1);
  }
  part->figures = gen_shared_member_figures (member);
  return NULL;
}

static void
play_all (gint64 batch, gboolean exact, Part *parts)
{
  g_autoptr (GenModel) model = make_model (batch);
  GThread *threads[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++) {
    parts[i] = (Part){ .who = i, .model = model, .exact = exact };
    threads[i] = g_thread_new ("play", play, &parts[i]);
  }
  for (guint i = 0; i < MEMBERS; i++)
    g_thread_join (threads[i]);
}

static void
clear (Part *parts)
{
  for (guint i = 0; i < MEMBERS; i++)
    g_free (parts[i].figures.refused);
}

static void
test_members (void)
{
  Part parts[MEMBERS];

  play_all (-1, FALSE, parts);
  clear (parts);
  play_all (-1, TRUE, parts);
  for (guint i = 0; i < MEMBERS; i++) {
    g_assert_cmpuint (parts[i].figures.largest, ==, 4);
    g_assert_null (parts[i].figures.refused);
    g_assert_cmpuint (
        parts[i].figures.padding + parts[i].figures.frames, ==, 4 * parts[i].figures.runs);
  }
  clear (parts);
}

/* Of one whose states are of one item, frames are made one by one, and as they are. */
static void
test_one_item (void)
{
  Part parts[MEMBERS];

  play_all (1, FALSE, parts);
  for (guint i = 0; i < MEMBERS; i++)
    g_assert_cmpuint (parts[i].figures.runs, ==, parts[i].figures.frames);
  clear (parts);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shared-states/members", test_members);
  g_test_add_func ("/shared-states/one-item", test_one_item);
  return g_test_run ();
}
