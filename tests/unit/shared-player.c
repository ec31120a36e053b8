/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of several members in common runs: each is what its member would have made alone, whoever
 * comes, goes, and is cancelled meanwhile. */
#include <generative/random.h>
#include <generative/shared-player.h>

#include <math.h>
#include <string.h>

enum { LENGTH = 16, WIDTH = 512, SIDE = 12, PIXELS = SIDE * SIDE, MEMBERS = 6, FRAMES = 40 };

#define LONG (600 * G_USEC_PER_SEC)

/* --- models --- */

static GenTensor *
multiply (GenGraph *graph, GenTensor *x, gint64 from, gint64 to, guint64 seed)
{
  const GenRandom random = gen_random_new (seed, "weights", (guint64)(from * to));
  const gsize n = (gsize)(from * to);
  float *numbers = g_new (float, n);
  GenTensor *y = gen_graph_add_value (graph, NULL), *w;
  g_autoptr (GError) error = NULL;

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] /= sqrtf ((float)from);
  w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (from, to),
      g_bytes_new_take (numbers, n * sizeof (float)));
  gen_graph_add_node (
      graph, NULL, NULL, "MatMul", GEN_OPSET, (GenTensor *[]){ x, w }, 2, &y, 1, &error);
  g_assert_no_error (error);
  return y;
}

typedef enum { PLAIN, COUPLED, FIXED } Kind;

/* A picture sigmoid (z U V W) * strength of each latent, of layers for which a run of two hardly
 * takes longer than one; coupled: less the mean of all in the run. */
static GenModel *
make_model (guint64 seed, Kind kind)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  g_autoptr (GError) error = NULL;
  GenTensor *z = gen_graph_add_input (
      graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (kind == FIXED ? 1 : -1, LENGTH));
  GenTensor *strength = gen_graph_add_input (graph, "strength", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  const gint64 shape[] = { -1, 1, SIDE, SIDE };
  GenTensor *y, *mean = gen_graph_add_value (graph, NULL);
  GenTensor *sum = gen_graph_add_value (graph, NULL), *out = gen_graph_add_value (graph, "y");
  GenTensor *light = gen_graph_add_value (graph, NULL), *flat = gen_graph_add_value (graph, NULL);
  GenModel *model;

  y = multiply (graph, z, LENGTH, WIDTH, seed);
  y = multiply (graph, y, WIDTH, WIDTH, seed);
  y = multiply (graph, y, WIDTH, PIXELS, seed);
  gen_graph_add_node (graph, NULL, NULL, "ReduceMean", GEN_OPSET, &y, 1, &mean, 1, &error);
  g_assert_no_error (error);
  gen_node_set_ints (mean->producer, "axes", (gint64[]){ kind == COUPLED ? 0 : 1 }, 1);
  gen_graph_add_node (
      graph, NULL, NULL, "Sub", GEN_OPSET, (GenTensor *[]){ y, mean }, 2, &sum, 1, &error);
  gen_graph_add_node (graph, NULL, NULL, "Sigmoid", GEN_OPSET, &sum, 1, &light, 1, &error);
  gen_graph_add_node (
      graph, NULL, NULL, "Mul", GEN_OPSET, (GenTensor *[]){ light, strength }, 2, &flat, 1, &error);
  gen_graph_add_node (graph, NULL, NULL, "Reshape", GEN_OPSET,
      (GenTensor *[]){ flat, gen_graph_ints (graph, shape, 4) }, 2, &out, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, out);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.parameters"), g_strdup ("strength=1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  model = gen_model_new (graph, &error);
  g_assert_no_error (error);
  return model;
}

static GenModelUse
use_of (GenModel *model, gboolean to_frames)
{
  GenModelUse use = { .input = *gen_model_find_input (model, GEN_PORT_VECTOR),
    .output = *gen_model_find_output (model, GEN_PORT_PICTURE),
    .frames = 1,
    .pictures = 1,
    .to_frames = to_frames,
    .to = { .columns = 1, .bytes = 1, .n_order = 1, .stride = SIDE } };

  return use;
}

static GenPlayer *
make_player (GenModel *model, gboolean to_frames)
{
  const GenPlayerOptions options = { .plan = { .threads = 1 } };
  GenPlayer *player = gen_player_new (model, &options);
  const GenModelUse use = use_of (model, to_frames);
  g_autoptr (GError) error = NULL;

  gen_player_prepare (player, &use, NULL, &error);
  g_assert_no_error (error);
  return player;
}

static GenSharedMember *
make_member (GenPlayer *player, guint most, gboolean exact)
{
  g_autoptr (GError) error = NULL;
  const GenSharedOptions options = { .most = most, .exact = exact };
  GenSharedMember *member = gen_shared_member_new (player, &options, &error);

  g_assert_no_error (error);
  return member;
}

/* --- frames --- */

static void
draw (float *latent, guint64 who, guint64 frame)
{
  const GenRandom random = gen_random_new (who, "latent", 0);

  gen_random_normal (&random, frame, 0, latent, LENGTH);
}

/* Frame `frame` of `who`, alone if `member` is NULL. */
static gboolean
make (GenPlayer *player, GenSharedMember *member, guint64 who, guint64 frame, guint8 *picture,
    gint64 patience, GError **error)
{
  const GenFrame to = { .planes = { picture } };
  g_autofree gint64 *room = g_new0 (gint64, LENGTH);

  draw ((float *)room, who, frame);
  gen_player_bind_numbers (player, 0, room);
  gen_player_bind_output_frame (player, 0, &to);
  return member != NULL ? gen_shared_member_run (member, patience, GEN_SHARED_NO_DEADLINE, error)
                        : gen_player_run (player, error);
}

static void
assert_near (const guint8 *a, const guint8 *b, int most)
{
  for (guint i = 0; i < PIXELS; i++)
    g_assert_cmpint (ABS (a[i] - b[i]), <=, most);
}

typedef struct {
  guint64 who;
  GenModel *model;
  double strength;
  guint most;
  gboolean exact, settles;
  guint8 *pictures; /* made, for the one who compares, or NULL */
  guint64 runs, frames;
} Player;

/* All frames of one, against what a player of its own makes of them. */
static gpointer
play (gpointer data)
{
  Player *of = data;
  g_autoptr (GenPlayer) player = make_player (of->model, TRUE);
  g_autoptr (GenPlayer) alone = make_player (of->model, TRUE);
  g_autoptr (GenSharedMember) member = make_member (player, of->most, of->exact);
  g_autofree GenNumbers *strength = g_malloc0 (sizeof *strength + sizeof (double));
  GenSharedFigures figures;

  strength->n = 1;
  strength->values[0] = of->strength;
  g_assert_true (gen_player_set_parameter (player, "strength", strength, NULL));
  g_assert_true (gen_player_set_parameter (alone, "strength", strength, NULL));
  if (of->settles)
    gen_shared_member_settle (member);
  for (guint64 i = 0; i < FRAMES; i++) {
    guint8 made[PIXELS], wanted[PIXELS];

    memset (made, 7, sizeof made);
    g_assert_true (make (player, member, of->who, i, made, 20000, NULL));
    g_assert_true (make (alone, NULL, of->who, i, wanted, 0, NULL));
    assert_near (made, wanted, 1);
    if (of->pictures != NULL)
      memcpy (of->pictures + i * PIXELS, made, PIXELS);
  }
  figures = gen_shared_member_figures (member);
  of->runs = figures.runs;
  of->frames = figures.frames;
  g_free (figures.refused);
  return NULL;
}

static void
play_all (Player *players, guint n)
{
  GThread *threads[MEMBERS];

  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("member", play, &players[i]);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

/* Each from a model of its own that has been made anew, with plans that come while they play. */
static void
test_many (void)
{
  Player players[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++)
    players[i] = (Player){ .who = i, .model = make_model (1, PLAIN), .strength = 1, .most = 4 };
  play_all (players, MEMBERS);
  for (guint i = 0; i < MEMBERS; i++)
    gen_model_unref (players[i].model);
}

/* Plans are there for each size once there are two. */
static void
test_plans (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) first = make_player (model, TRUE), second = make_player (model, TRUE);
  g_autoptr (GenSharedMember) a = make_member (first, 6, FALSE);
  g_autoptr (GenSharedMember) b = NULL;

  gen_shared_member_settle (a);
  g_assert_cmpuint (gen_shared_member_figures (a).largest, ==, 1);
  b = make_member (second, 6, FALSE);
  gen_shared_member_settle (a);
  g_assert_cmpuint (gen_shared_member_figures (a).largest, ==, 6);
  g_assert_null (gen_shared_member_figures (b).refused);
}

/* Frames of other parameters, or other weights, have nothing in common. */
static void
test_parameters (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN), other = make_model (2, PLAIN);
  Player players[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++)
    players[i] = (Player){ .who = i,
      .model = i % 3 == 2 ? other : model,
      .strength = i % 3 == 0 ? 1 : 0.5,
      .most = 4,
      .settles = TRUE };
  play_all (players, MEMBERS);
}

static void
test_groups (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN), same = make_model (1, PLAIN),
                       other = make_model (2, PLAIN);
  g_autoptr (GenPlayer) a = make_player (model, TRUE), b = make_player (same, TRUE),
                        c = make_player (other, TRUE), d = make_player (model, FALSE);
  g_autoptr (GenSharedMember) of_a = make_member (a, 4, FALSE), of_b = make_member (b, 4, FALSE),
                              of_c = make_member (c, 4, FALSE), of_d = make_member (d, 4, FALSE);

  g_assert_cmpuint (gen_shared_member_figures (of_a).members, ==, 2);
  g_assert_cmpuint (gen_shared_member_figures (of_b).members, ==, 2);
  g_assert_cmpuint (gen_shared_member_figures (of_c).members, ==, 1);
  g_assert_cmpuint (gen_shared_member_figures (of_d).members, ==, 1);
  g_clear_pointer (&of_b, gen_shared_member_free);
  g_assert_cmpuint (gen_shared_member_figures (of_a).members, ==, 1);
}

/* The same bits in any company, where all runs have the same places. */
static void
test_exact (void)
{
  g_autoptr (GenModel) model = make_model (3, PLAIN);
  g_autofree guint8 *alone = g_malloc (FRAMES * PIXELS), *together = g_malloc (FRAMES * PIXELS);
  Player players[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++)
    players[i] = (Player){ .who = i, .model = model, .strength = 1, .most = 8, .exact = TRUE };
  players[2].pictures = alone;
  play_all (players + 2, 1);
  g_assert_cmpuint (players[2].runs, ==, FRAMES);
  players[2].pictures = together;
  play_all (players, MEMBERS);
  g_assert_cmpmem (alone, FRAMES * PIXELS, together, FRAMES * PIXELS);
}

/* Tensors, one behind the other. */
static void
test_numbers (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) player = make_player (model, FALSE), alone = make_player (model, FALSE);
  g_autoptr (GenSharedMember) member = make_member (player, 4, TRUE);
  float latent[LENGTH] __attribute__ ((aligned (8)));

  for (guint64 i = 0; i < 8; i++) {
    const float *made, *wanted;

    draw (latent, 1, i);
    gen_player_bind_numbers (player, 0, latent);
    gen_player_bind_numbers (alone, 0, latent);
    g_assert_true (gen_shared_member_run (member, 0, GEN_SHARED_NO_DEADLINE, NULL));
    g_assert_true (gen_player_run (alone, NULL));
    made = gen_player_output (player)->data;
    wanted = gen_player_output (alone)->data;
    for (guint p = 0; p < PIXELS; p++)
      g_assert_cmpfloat (ABS (made[p] - wanted[p]), <, 1e-6f);
  }
}

/* What is told of a frame is told of the one who made it. */
static void
test_not_finite (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) player = make_player (model, TRUE);
  g_autoptr (GenSharedMember) member = make_member (player, 4, TRUE);
  float latent[LENGTH] __attribute__ ((aligned (8)));
  guint8 made[PIXELS];

  g_assert_true (make (player, member, 0, 0, made, 0, NULL));
  g_assert_cmpuint (gen_player_take_not_finite (player), ==, 0);
  draw (latent, 0, 0);
  latent[3] = NAN;
  gen_player_bind_numbers (player, 0, latent);
  g_assert_true (gen_shared_member_run (member, 0, GEN_SHARED_NO_DEADLINE, NULL));
  g_assert_cmpuint (gen_player_take_not_finite (player), ==, 1);
  g_assert_cmpuint (gen_player_take_not_finite (player), ==, 0);
}

/* A frame that cannot be in time any more is made, and counted. */
static void
test_deadline (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) player = make_player (model, TRUE);
  g_autoptr (GenSharedMember) member = make_member (player, 4, FALSE);
  const gint64 deadlines[] = { GEN_SHARED_NO_DEADLINE, g_get_monotonic_time () + LONG, 1 };
  const guint64 late[] = { 0, 0, 1 };
  float latent[LENGTH] __attribute__ ((aligned (8)));
  guint8 made[PIXELS];
  const GenFrame to = { .planes = { made } };

  draw (latent, 0, 0);
  gen_player_bind_numbers (player, 0, latent);
  gen_player_bind_output_frame (player, 0, &to);
  for (guint i = 0; i < G_N_ELEMENTS (deadlines); i++) {
    GenSharedFigures figures;

    g_assert_true (gen_shared_member_run (member, 0, deadlines[i], NULL));
    figures = gen_shared_member_figures (member);
    g_assert_cmpuint (figures.late, ==, late[i]);
    g_free (figures.refused);
  }
}

/* --- who waits --- */

typedef struct {
  GenPlayer *player;
  GenSharedMember *member;
  guint64 who;
  guint8 picture[PIXELS];
  gboolean made;
  GError *error;
} Waiting;

static gpointer
wait_for_others (gpointer data)
{
  Waiting *of = data;

  of->made = make (of->player, of->member, of->who, 99, of->picture, LONG, &of->error);
  return NULL;
}

/* Members all of whom are expected at any time. Where runs are of one size it always pays to wait
 * for them. */
static void
get_acquainted (Waiting *members, guint n)
{
  guint8 picture[PIXELS];

  gen_shared_member_settle (members[0].member);
  for (guint64 frame = 0; frame < 3; frame++)
    for (guint i = 0; i < n; i++)
      g_assert_true (make (members[i].player, members[i].member, i, frame, picture, 0, NULL));
}

/* Members that wait for each other have their frames made in one run. */
static void
test_shared (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) alone = make_player (model, TRUE);
  const GenSharedTotals totals = gen_shared_totals ();
  GenSharedFigures before, after;
  GThread *threads[MEMBERS];
  Waiting members[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++) {
    members[i] = (Waiting){ .player = make_player (model, TRUE), .who = i };
    members[i].member = make_member (members[i].player, 8, TRUE);
  }
  get_acquainted (members, MEMBERS);
  before = gen_shared_member_figures (members[0].member);
  g_assert_cmpuint (before.members, ==, MEMBERS);
  for (guint i = 0; i < MEMBERS; i++)
    threads[i] = g_thread_new ("waits", wait_for_others, &members[i]);
  for (guint i = 0; i < MEMBERS; i++)
    g_thread_join (threads[i]);
  after = gen_shared_member_figures (members[0].member);
  g_assert_cmpuint (after.runs, ==, before.runs + 1);
  g_assert_cmpuint (after.frames, ==, before.frames + MEMBERS);
  g_assert_cmpuint (after.padding, ==, before.padding + 8 - MEMBERS);
  g_assert_cmpuint (gen_shared_totals ().members, ==, MEMBERS);
  for (guint i = 0; i < MEMBERS; i++) {
    guint8 wanted[PIXELS];

    g_assert_true (members[i].made);
    g_assert_true (make (alone, NULL, i, 99, wanted, 0, NULL));
    assert_near (members[i].picture, wanted, 1);
    gen_shared_member_free (members[i].member);
    gen_player_free (members[i].player);
  }
  /* What has been made stays counted. */
  g_assert_cmpuint (gen_shared_totals ().members, ==, 0);
  g_assert_cmpuint (gen_shared_totals ().waiting, ==, 0);
  g_assert_cmpuint (gen_shared_totals ().runs, ==, totals.runs + after.runs);
  g_assert_cmpuint (gen_shared_totals ().frames, ==, totals.frames + after.frames);
}

static void
test_cancel (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) first = make_player (model, TRUE), second = make_player (model, TRUE);
  g_autoptr (GenSharedMember) a = make_member (first, 4, TRUE), b = make_member (second, 4, TRUE);
  Waiting members[] = { { .player = first, .member = a }, { .player = second, .member = b } };
  Waiting *waiting = &members[0];
  guint8 picture[PIXELS];
  GThread *thread;

  get_acquainted (members, 2);
  thread = g_thread_new ("waits", wait_for_others, waiting);
  gen_shared_member_cancel (a);
  g_thread_join (thread);
  g_assert_false (waiting->made);
  g_assert_error (waiting->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&waiting->error);
  /* The other one goes on, and it does too when it may. */
  g_assert_true (make (second, b, 1, 0, picture, 0, NULL));
  g_assert_false (make (first, a, 0, 0, picture, 0, NULL));
  gen_shared_member_resume (a);
  g_assert_true (make (first, a, 0, 0, picture, 0, NULL));
}

/* Who waits for one that leaves waits no more. */
static void
test_leave (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  g_autoptr (GenPlayer) first = make_player (model, TRUE), second = make_player (model, TRUE);
  g_autoptr (GenSharedMember) a = make_member (first, 4, TRUE), b = make_member (second, 4, TRUE);
  Waiting members[] = { { .player = first, .member = a }, { .player = second, .member = b } };
  Waiting *waiting = &members[0];
  GThread *thread;

  get_acquainted (members, 2);
  thread = g_thread_new ("waits", wait_for_others, waiting);
  g_clear_pointer (&b, gen_shared_member_free);
  g_thread_join (thread);
  g_assert_no_error (waiting->error);
  g_assert_true (waiting->made);
}

/* Members that come, go and are cancelled at any time. */
static gpointer
come_and_go (gpointer data)
{
  GenModel *model = data;
  const GenRandom random = gen_random_new (5, "visits", GPOINTER_TO_SIZE (g_thread_self ()));
  g_autoptr (GenPlayer) player = make_player (model, TRUE);
  guint8 picture[PIXELS];

  for (guint64 visit = 0; visit < 12; visit++) {
    g_autoptr (GenSharedMember) member = make_member (player, 4, FALSE);
    const guint frames = gen_random_below (&random, 0, visit, 8);

    for (guint i = 0; i < frames; i++) {
      g_autoptr (GError) error = NULL;

      if (!make (player, member, 1, i, picture, 2000, &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      if (i == 4)
        gen_shared_member_cancel (member);
    }
  }
  return NULL;
}

static void
test_visits (void)
{
  g_autoptr (GenModel) model = make_model (1, PLAIN);
  GThread *threads[MEMBERS];

  for (guint i = 0; i < MEMBERS; i++)
    threads[i] = g_thread_new ("visitor", come_and_go, model);
  for (guint i = 0; i < MEMBERS; i++)
    g_thread_join (threads[i]);
}

/* --- what is not shared --- */

static void
test_coupled (void)
{
  g_autoptr (GenModel) model = make_model (1, COUPLED);
  g_autoptr (GenPlayer) first = make_player (model, TRUE), second = make_player (model, TRUE);

  for (guint exact = 0; exact < 2; exact++) {
    g_autoptr (GenSharedMember) a = make_member (first, 4, exact),
                                b = make_member (second, 4, exact);
    g_autofree char *refused = NULL;
    guint8 made[PIXELS], wanted[PIXELS];
    GenSharedFigures figures;

    gen_shared_member_settle (a);
    figures = gen_shared_member_figures (a);
    refused = figures.refused;
    g_assert_cmpuint (figures.largest, ==, 1);
    g_assert_nonnull (strstr (refused, "hangs on the others"));
    g_assert_true (make (first, a, 0, 0, made, LONG, NULL));
    g_assert_true (make (second, NULL, 0, 0, wanted, 0, NULL));
    g_assert_cmpmem (made, PIXELS, wanted, PIXELS);
  }
}

static void
test_refused (void)
{
  g_autoptr (GenModel) model = make_model (1, FIXED), plain = make_model (1, PLAIN);
  g_autoptr (GenPlayer) fixed = make_player (model, TRUE);
  const GenPlayerOptions none = { 0 };
  g_autoptr (GenPlayer) batch = gen_player_new (plain, &none);
  const GenSharedOptions options = { .most = 8 };
  GenModelUse use = use_of (plain, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_shared_member_new (fixed, &options, &error));
  g_assert_nonnull (strstr (error->message, "a certain number of items"));
  g_clear_error (&error);
  g_assert_null (gen_shared_member_new (batch, &options, &error));
  g_assert_nonnull (strstr (error->message, "not prepared"));
  g_clear_error (&error);
  use.frames = 2;
  g_assert_true (gen_player_prepare (batch, &use, NULL, NULL));
  g_assert_null (gen_shared_member_new (batch, &options, &error));
  g_assert_nonnull (strstr (error->message, "several frames"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shared-player/many", test_many);
  g_test_add_func ("/shared-player/shared", test_shared);
  g_test_add_func ("/shared-player/plans", test_plans);
  g_test_add_func ("/shared-player/parameters", test_parameters);
  g_test_add_func ("/shared-player/groups", test_groups);
  g_test_add_func ("/shared-player/exact", test_exact);
  g_test_add_func ("/shared-player/numbers", test_numbers);
  g_test_add_func ("/shared-player/not-finite", test_not_finite);
  g_test_add_func ("/shared-player/deadline", test_deadline);
  g_test_add_func ("/shared-player/cancel", test_cancel);
  g_test_add_func ("/shared-player/leave", test_leave);
  g_test_add_func ("/shared-player/visits", test_visits);
  g_test_add_func ("/shared-player/coupled", test_coupled);
  g_test_add_func ("/shared-player/refused", test_refused);
  return g_test_run ();
}
