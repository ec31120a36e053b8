/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model search: what it finds, that trials are what train makes of the same settings,
 * that it goes on after a kill, and what it says of trials that fail and of what it cannot search.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define N_PICTURES 60
#define SETTINGS                                                                                   \
  "{ \"data\": { \"location\": \"pictures\", \"split\": \"train\", \"width\": 28, \"height\": "    \
  "28, \"channels\": 1 }, \"validation\": { \"split\": \"validation\" }, \"preset\": "             \
  "\"classifier\", \"width\": 4, \"batch-size\": 8, \"max-steps\": 18, \"threads\": 1%s }"

static void
write_settings (const Fixture *fixture, const char *name, const char *more)
{
  g_autofree char *path = path_in (fixture, name);
  g_autofree char *text = g_strdup_printf (SETTINGS, more);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Pictures of two classes: stripes across, and down. */
static void
set_up_pictures (Fixture *fixture, gconstpointer data)
{
  g_auto (GenPicture) picture = { 0 };

  fixture->folder = scratch_new ();
  gen_picture_init (&picture, 28, 28, 1);
  for (int n = 0; n < N_PICTURES; n++) {
    g_autofree char *name = g_strdup_printf ("pictures/%d/%02d.png", n % 2, n);
    g_autofree char *path = path_in (fixture, name), *folder = g_path_get_dirname (path);

    g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
    for (int y = 0; y < 28; y++)
      for (int x = 0; x < 28; x++)
        picture.data[y * picture.stride + x] =
            (guint8)(128 + 60 * (((n % 2 ? x : y) + n) / 3 % 2) + (x * y * (n + 1)) % 40);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
  write_settings (fixture, "settings.json", "");
}

static char *
read_file (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

static gboolean
is_there (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static JsonObject *
trial_of (JsonNode *state, const char *name)
{
  JsonArray *trials = json_object_get_array_member (json_node_get_object (state), "trials");

  for (guint i = 0; i < json_array_get_length (trials); i++) {
    JsonObject *trial = json_array_get_object_element (trials, i);

    if (g_str_equal (json_object_get_string_member (trial, "name"), name))
      return trial;
  }
  g_error ("there is no %s", name);
}

#define HALVING                                                                                    \
  "search", "settings.json", "learning-rate=1e-6..1e-2", "beta1=0.5,0.9", "--method", "halving",   \
      "--trials", "6", "--reduction", "2", "--min-steps", "4", "--jobs", "1", "--seed", "3"

/* Weights, moments and counters, bit for bit. */
static void
assert_same_state (const Fixture *fixture, const char *trial, const char *folder)
{
  g_autofree char *one =
      g_build_filename (fixture->folder, "search", trial, "state.safetensors", NULL);
  g_autofree char *two = g_build_filename (fixture->folder, folder, "state.safetensors", NULL);
  g_autofree char *in_one = NULL, *in_two = NULL;
  gsize size_of_one, size_of_two;

  g_assert_true (g_file_get_contents (one, &in_one, &size_of_one, NULL));
  g_assert_true (g_file_get_contents (two, &in_two, &size_of_two, NULL));
  g_assert_cmpmem (in_one, size_of_one, in_two, size_of_two);
}

/* How often the event files of a trial tell TensorBoard's table of its end. */
static guint
count_ends (const Fixture *fixture, const char *trial)
{
  static const char tag[] = "_hparams_/session_end_info";
  g_autofree char *folder = g_build_filename (fixture->folder, "search/logs", trial, "run-1", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL), *data = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (path, &data, &size, NULL));
    for (gsize i = 0; i + strlen (tag) <= size; i++)
      n += memcmp (data + i, tag, strlen (tag)) == 0;
  }
  return n;
}

/* The best of it has come to the end, is what train makes of the same settings though it paused on
 * the way, and is found as `best`. */
static void
test_halving (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) state = NULL;
  g_autofree char *text = NULL, *rate = NULL, *beta = NULL, *page = NULL, *table = NULL;
  const char *best;
  JsonObject *trial, *settings;
  guint pruned = 0;

  g_assert_cmpint (tool (fixture, HALVING, NULL), ==, 0);
  text = read_file (fixture, "search/search.json");
  state = parse_json (text);
  best = json_object_get_string_member (json_node_get_object (state), "best");
  trial = trial_of (state, best);
  g_assert_cmpstr (json_object_get_string_member (trial, "state"), ==, "trained");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (trial, "results")), ==, 3);
  for (const char *at = text; (at = strstr (at, "\"pruned\"")) != NULL; at++)
    pruned++;
  g_assert_cmpuint (pruned, >=, 3);
  assert_says (text, " after 4 steps, of which the best ");
  settings = json_object_get_object_member (trial, "settings");
  rate = g_strconcat (
      "learning-rate=", json_object_get_string_member (settings, "learning-rate"), NULL);
  beta = g_strconcat ("beta1=", json_object_get_string_member (settings, "beta1"), NULL);
  g_assert_cmpint (tool (fixture, "train", "settings.json", rate, beta, "checkpoint=direct",
                       "validation-interval=4", NULL),
      ==, 0);
  assert_same_state (fixture, best, "direct");
  g_assert_cmpuint (count_ends (fixture, best), ==, 1); /* though it paused twice */
  g_assert_cmpuint (count_ends (fixture, "trial-003"), ==, 0);
  g_assert_true (is_there (fixture, "search/best/classifier.onnx"));
  g_assert_true (is_there (fixture, "search/logs/trial-006/run-1"));
  g_assert_cmpint (
      tool (fixture, "test", "search/best", "pictures", "split=validation", NULL), ==, 0);
  assert_says (fixture->out, "accuracy");
  page = read_file (fixture, "search/search.html");
  assert_says (page, "<svg class=\"lines\"");
  assert_says (page, "<svg class=\"dots\"");
  assert_says (page, "loss-on-validation by learning-rate");
  g_assert_null (strstr (page, "<script"));
  table = read_file (fixture, "search/search.md");
  assert_says (table, "| trial | loss-on-validation | step | learning-rate | beta1 | state |");
}

/* Another figure, of which more is better, is what the nets of each trial are chosen by, too. */
static void
test_objective (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) state = NULL;
  g_autofree char *link = path_in (fixture, "search/best"), *target = NULL, *described = NULL;

  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-7,3e-3", "--method",
                       "grid", "--objective", "accuracy-on-validation", "--jobs", "2", NULL),
      ==, 0);
  text = read_file (fixture, "search/search.json");
  state = parse_json (text);
  g_assert_cmpstr (
      json_object_get_string_member (json_node_get_object (state), "best"), ==, "trial-002");
  target = g_file_read_link (link, NULL);
  g_assert_cmpstr (target, ==, "trial-002/best");
  described = read_file (fixture, "search/trial-002/training.json");
  assert_says (described, "\"best-accuracy\" : ");
  assert_says (described, "\"validation-metric\" : \"accuracy\"");
  assert_says (fixture->out, "the best is trial-002, whose models are in search/best");
}

#define GRID "search", "settings.json", "learning-rate=1e-3,3e-3", "--method", "grid", "--jobs", "1"

/* What a trial has told of itself may be damaged: brackets without end do no harm. */
static void
test_deep_lines (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "search/trial-001/validation.jsonl"), *lines = NULL;
  g_autofree char *brackets = g_strnfill (1000000, '['), *damaged = NULL;

  g_assert_cmpint (tool (fixture, GRID, NULL), ==, 0);
  lines = read_file (fixture, "search/trial-001/validation.jsonl");
  damaged = g_strconcat (lines, brackets, "\n", NULL);
  g_assert_true (g_file_set_contents (path, damaged, -1, NULL));
  g_assert_cmpint (tool (fixture, GRID, "--resume", NULL), ==, 0);
}

/* The same trials, in the same order, with the same figures. */
static void
test_same (Fixture *fixture, gconstpointer data)
{
  g_autofree char *one = NULL, *two = NULL, *table = NULL;

  g_assert_cmpint (tool (fixture, HALVING, NULL), ==, 0);
  table = g_strdup (fixture->out);
  g_assert_cmpint (tool (fixture, HALVING, "--folder", "again", NULL), ==, 0);
  one = read_file (fixture, "search/search.json");
  two = read_file (fixture, "again/search.json");
  g_assert_cmpstr (one, ==, two);
}

/* --- interrupted --- */

static GPid
begin (const Fixture *fixture, const char *folder, const char *option)
{
  const char *const arguments[] = { HALVING, "--folder", folder, option, NULL };
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GError) error = NULL;
  GPid pid;

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    g_ptr_array_add (line, g_strdup (arguments[i]));
  g_spawn_async (fixture->folder, (char **)line->pdata, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
      NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

/* Wait until the search has said that, or has ended, which it is a failure to. */
static void
wait_for (const Fixture *fixture, const char *name, const char *words)
{
  for (int i = 0; i < 60000; i++) {
    g_autofree char *text = read_file (fixture, name);

    if (text != NULL && strstr (text, words) != NULL)
      return;
    g_usleep (1000);
  }
  g_error ("%s does not say %s", name, words);
}

/* Its trials and what came of them are those of a search that was not interrupted. */
static void
assert_same_search (const Fixture *fixture, const char *folder)
{
  g_autofree char *name = g_build_filename (folder, "search.json", NULL);
  g_autofree char *one = read_file (fixture, "search/search.json");
  g_autofree char *two = read_file (fixture, name);

  g_assert_cmpstr (one, ==, two);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  static const char *const when[] = { "\"trial-001\"", "\"step\"", "\"trial-003\"",
    "\"trial-006\"" };

  g_assert_cmpint (tool (fixture, HALVING, NULL), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (when); i++) {
    g_autofree char *folder = g_strdup_printf ("killed-%u", i);
    g_autofree char *name = g_build_filename (folder, "search.json", NULL);
    const GPid pid = begin (fixture, folder, NULL);
    int status;

    wait_for (fixture, name, when[i]);
    kill (pid, SIGKILL);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    g_assert_true (WIFSIGNALED (status));
    /* Without --resume what is there is not overwritten. */
    g_assert_cmpint (tool (fixture, HALVING, "--folder", folder, NULL), ==, 1);
    assert_says (fixture->err, "--resume goes on with that search");
    g_assert_cmpint (tool (fixture, HALVING, "--folder", folder, "--resume", NULL), ==, 0);
    assert_same_search (fixture, folder);
  }
}

/* Ctrl-C leaves checkpoints, and says how to go on; and so often as one likes. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  const char *option = NULL;
  int status;

  g_assert_cmpint (tool (fixture, HALVING, NULL), ==, 0);
  for (guint i = 0; i < 3; i++) {
    static const char *const when[] = { "\"trial-002\"", "\"trial-003\"", "\"trial-005\"" };
    const GPid pid = begin (fixture, "stopped", option);

    wait_for (fixture, "stopped/search.json", when[i]);
    kill (pid, SIGINT);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, 130);
    option = "--resume";
  }
  g_assert_cmpint (tool (fixture, HALVING, "--folder", "stopped", "--resume", NULL), ==, 0);
  assert_same_search (fixture, "stopped");
}

/* --- trials that fail --- */

/* Of the process, or 0. */
static GPid
find_child (GPid parent)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", parent, parent);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? (GPid)atoi (text) : 0;
}

static void
test_crash (Fixture *fixture, gconstpointer data)
{
  const GPid pid = begin (fixture, "crashed", NULL);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) state = NULL;
  GPid child = 0;
  int status;

  for (int i = 0; child == 0 && i < 60000; i++) {
    child = find_child (pid);
    g_usleep (1000);
  }
  g_assert_cmpint (child, >, 0);
  kill (child, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  text = read_file (fixture, "crashed/search.json");
  state = parse_json (text);
  g_assert_cmpstr (
      json_object_get_string_member (trial_of (state, "trial-001"), "state"), ==, "failed");
  g_assert_cmpstr (json_object_get_string_member (trial_of (state, "trial-001"), "why"), ==,
      "it was ended by signal 9 (Killed)");
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (json_node_get_object (state), "trials")),
      ==, 6);
}

/* Others go on, and are better. */
static void
test_failures (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e30,1e-3",
                       "optimizer=schedule-free,adam", "learning-rate-schedule=step", "--method",
                       "grid", "--jobs", "1", NULL),
      ==, 0);
  assert_says (fixture->err, "trial-001 failed: ");
  assert_says (fixture->err, "optimizer=schedule-free averages in the place of a schedule");
  assert_says (fixture->err, "trial-002 diverged: training diverged at step");
  assert_says (fixture->out, "the best is trial-004");
  /* Where none is any good it says so. */
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e30,1e31", "--method",
                       "grid", "--folder", "none", NULL),
      ==, 1);
  g_assert_null (strstr (fixture->out, "the best"));
  g_assert_false (is_there (fixture, "none/best"));
  /* Where all fail alike, not all are tried. */
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2",
                       "optimizer=schedule-free", "learning-rate-schedule=step", "--jobs", "1",
                       "--folder", "alike", NULL),
      ==, 1);
  assert_says (fixture->err, "the first trials have all failed, and the search is given up");
  g_assert_false (is_there (fixture, "alike/trial-004"));
}

/* --- what is refused --- */

static void
refuse (Fixture *fixture, const char *words, const char *one, const char *two, const char *three)
{
  g_assert_cmpint (tool (fixture, "search", "settings.json", one, two, three, NULL), ==, 1);
  assert_says (fixture->err, words);
  g_assert_false (is_there (fixture, "search/search.json"));
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  refuse (fixture,
      "lerning-rate: there is no setting \"lerning-rate\" (did you mean "
      "\"learning-rate\"?)",
      "lerning-rate=1,2", NULL, NULL);
  refuse (fixture, "lerning-rate: there is no setting", "lerning-rate=1e-4..1e-2", NULL, NULL);
  refuse (fixture, "data.splt: there is no setting \"splt\" (did you mean \"split\"?)",
      "data.splt=a|b", NULL, NULL);
  refuse (fixture, "optimizer: there is no optimizer \"adm\" (did you mean \"adam\"?)",
      "optimizer=adm,sgd", NULL, NULL);
  refuse (fixture, "learning-rate: the range is empty", "learning-rate=1e-2..1e-4", NULL, NULL);
  refuse (fixture, "learning-rate: the range is empty", "learning-rate=1e-2..1e-2", NULL, NULL);
  refuse (fixture, "learning-rate: a number is wanted", "learning-rate=..1e-2", NULL, NULL);
  refuse (fixture, "batch-size: a whole number is wanted", "batch-size=1.5..3", NULL, NULL);
  refuse (fixture, "a number from 0 to", "learning-rate=-1..1", NULL, NULL);
  refuse (fixture, "behind a range :linear is wanted", "beta1=0..0.9:log", NULL, NULL);
  refuse (fixture, "batch-size: one of the values is empty", "batch-size=8,", NULL, NULL);
  refuse (fixture, "batch-size: one of the values is there twice", "batch-size=8,8", NULL, NULL);
  refuse (fixture, "batch-size: it is said twice", "batch-size=8,16", "batch-size=4,2", NULL);
  refuse (fixture, "max-steps: it cannot be searched", "max-steps=8,16", NULL, NULL);
  refuse (fixture, "nothing is searched", "batch-size=8", NULL, NULL);
  refuse (fixture, "--method: there is no \"halvin\" (did you mean \"halving\"?)",
      "batch-size=8,16", "--method", "halvin");
  refuse (fixture, "learning-rate is a range; say how many", "learning-rate=1e-4..1e-2", "--method",
      "grid");
  refuse (fixture,
      "--objective: validation of recipe classifier has no \"frechet\"; it has loss, accuracy",
      "batch-size=8,16", "--objective", "frechet");
  refuse (fixture, "validation-interval: with --method halving it is what --min-steps says",
      "batch-size=8,16", "validation-interval=3", "--method=halving");
  refuse (fixture, "--jobs is -1", "batch-size=8,16", "--jobs", "-1");
  refuse (fixture, "--resume: there is no search/search.json", "batch-size=8,16", "--resume", NULL);
  write_settings (fixture, "settings.json", ", \"early-stopping\": \"soon\"");
  refuse (fixture, "settings.json: early-stopping", "batch-size=8,16", NULL, NULL);
}

/* What is gone on with must be the same search; but random ones may become longer. */
static void
test_another (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "search/search.json");

  g_assert_cmpint (
      tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2", "--trials", "1", NULL),
      ==, 0);
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2", "--seed",
                       "1", "--resume", NULL),
      ==, 1);
  assert_says (fixture->err, "is of another search: seed is 1 and was 0");
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2", "--trials",
                       "2", "--resume", NULL),
      ==, 0);
  assert_says (fixture->out, "trial-002");
  g_assert_null (strstr (fixture->err, "trial-001"));
  write_settings (fixture, "settings.json", ", \"seed\": 5");
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2", "--trials",
                       "3", "--resume", NULL),
      ==, 1);
  assert_says (fixture->err, "settings-sha256");
  g_assert_true (g_file_set_contents (path, "{ \"plan\": 3 }", -1, NULL));
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2", "--trials",
                       "3", "--resume", NULL),
      ==, 1);
  assert_says (fixture->err, "it has no plan and no trials");
}

static void
test_dry_run (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, "search", "settings.json", "learning-rate=1e-4..1e-2:log:3",
                       "batch-size=4..6:3", "--method", "grid", "--jobs", "1", "--dry-run", NULL),
      ==, 0);
  assert_says (fixture->out, "9 trials by grid, 1 at a time");
  assert_says (fixture->out, "judged by the lowest loss-on-validation");
  assert_says (fixture->out, "trial-005  learning-rate=0.001 batch-size=5");
  g_assert_false (is_there (fixture, "search"));
}

/* --- what train has for it --- */

static void
test_train (Fixture *fixture, gconstpointer data)
{
  g_autofree char *lines = NULL, *all = NULL, *path = path_in (fixture, "lines");

  g_assert_true (g_file_set_contents (path, "{\"step\":1}\n{\"ste", -1, NULL));
  g_assert_cmpint (tool (fixture, "train", "settings.json", "validation-interval=3", "--until", "5",
                       "--validations", "lines", "silent=true", NULL),
      ==, 0);
  lines = read_file (fixture, "lines");
  g_assert_true (g_str_has_prefix (lines, "{\"step\":1}\n{\"ste\n{\"step\":3,\"samples\":"));
  assert_says (lines, "{\"step\":6,");
  g_assert_null (strstr (lines, "{\"step\":9,"));
  g_assert_cmpint (tool (fixture, "train", "settings.json", "validation-interval=3", "--resume",
                       "--validations", "lines", "silent=true", NULL),
      ==, 0);
  all = read_file (fixture, "lines");
  assert_says (all, "{\"step\":18,");
  g_assert_cmpint (tool (fixture, "train", "settings.json", "--until", "-1", NULL), ==, 1);
  assert_says (fixture->err, "--until is -1");
  g_assert_cmpint (
      tool (fixture, "train", "settings.json", "--validations", "no/where", "--overwrite", NULL),
      ==, 1);
  assert_says (fixture->err, "no/where");
}

#define ADD(NAME, TEST) g_test_add (NAME, Fixture, NULL, set_up_pictures, TEST, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tool-search/halving", test_halving);
  ADD ("/tool-search/objective", test_objective);
  ADD ("/tool-search/deep-lines", test_deep_lines);
  ADD ("/tool-search/same", test_same);
  ADD ("/tool-search/killed", test_killed);
  ADD ("/tool-search/stopped", test_stopped);
  ADD ("/tool-search/crash", test_crash);
  ADD ("/tool-search/failures", test_failures);
  ADD ("/tool-search/refused", test_refused);
  ADD ("/tool-search/another", test_another);
  ADD ("/tool-search/dry-run", test_dry_run);
  ADD ("/tool-search/train", test_train);
  return g_test_run ();
}
