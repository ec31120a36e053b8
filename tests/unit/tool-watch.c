/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model watch: what it publishes and what it does not, which files it waits for and
 * leaves out, and that kills at any moment change nothing of what comes out. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tool.h"

#define SIDE 28
#define SETTINGS                                                                                   \
  "{ \"data\": { \"location\": \"pictures\", \"width\": 28, \"height\": 28, \"channels\": 1, "     \
  "\"split-distance\": 0, \"test-fraction\": 0.3 }, \"validation\": { \"split\": "                 \
  "\"validation\" }, \"validation-interval\": 6, \"checkpoint-interval\": 3, \"preset\": "         \
  "\"classifier\", \"width\": 4, \"batch-size\": 8, \"max-steps\": 18, \"learning-rate\": 3e-3, "  \
  "\"threads\": 1%s }"
#define ONCE "watch", "settings.json", "--once", "--settle=0"
#define BETTER "--then=max-steps=60"
#define WORSE "--then=learning-rate=3", "--then=validation-metric=loss"

static void
write_settings (const Fixture *fixture, const char *more)
{
  g_autofree char *path = path_in (fixture, "settings.json");
  g_autofree char *text = g_strdup_printf (SETTINGS, more);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Pictures from `first` to before `end`, of two classes: stripes across, and down. */
static void
add_pictures (const Fixture *fixture, int first, int end)
{
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, SIDE, SIDE, 1);
  for (int n = first; n < end; n++) {
    g_autofree char *name = g_strdup_printf ("pictures/%d/%03d.png", n % 2, n);
    g_autofree char *path = path_in (fixture, name), *folder = g_path_get_dirname (path);

    g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        picture.data[y * picture.stride + x] =
            (guint8)(128 + 60 * (((n % 2 ? x : y) + n) / 3 % 2) + (x * y * (n + 1)) % 60);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

static void
set_up_pictures (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
  add_pictures (fixture, 0, 80);
  write_settings (fixture, "");
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

static void
assert_leads_to (const Fixture *fixture, const char *target)
{
  g_autofree char *path = path_in (fixture, "watch/published");
  g_autofree char *found = g_file_read_link (path, NULL);

  g_assert_cmpstr (found, ==, target);
}

/* Line `number` of the decisions, from 0 on; NULL where there is none. (transfer full) */
static JsonNode *
read_decision (const Fixture *fixture, const char *folder, guint number)
{
  g_autofree char *name = g_build_filename (folder, "decisions.jsonl", NULL);
  g_autofree char *text = read_file (fixture, name);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  return number < g_strv_length (lines) && *lines[number] != '\0' ? parse_json (lines[number])
                                                                  : NULL;
}

static void
assert_decided (const Fixture *fixture, guint number, const char *decision, int files, int added)
{
  g_autoptr (JsonNode) node = read_decision (fixture, "watch", number);
  JsonObject *line;

  g_assert_nonnull (node);
  line = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (line, "decision"), ==, decision);
  g_assert_cmpint (json_object_get_int_member (line, "round"), ==, number + 1);
  g_assert_cmpint (json_object_get_int_member (line, "files"), ==, files);
  g_assert_cmpint (json_object_get_int_member (line, "new"), ==, added);
}

/* --- what is published --- */

static void
test_published (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = NULL, *after = NULL;

  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  assert_decided (fixture, 0, "first", 80, 80);
  assert_leads_to (fixture, "published-1");
  /* Nothing has come, or too little. */
  g_assert_cmpint (tool (fixture, ONCE, "--grown=1", BETTER, NULL), ==, 0);
  add_pictures (fixture, 80, 119);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", BETTER, NULL), ==, 0);
  g_assert_false (is_there (fixture, "watch/round-2"));
  add_pictures (fixture, 119, 160);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", BETTER, NULL), ==, 0);
  assert_decided (fixture, 1, "published", 160, 80);
  assert_says (fixture->err, "round 2 is published: better by loss on ");
  assert_says (fixture->err, " of these that were there before");
  assert_leads_to (fixture, "published-2");

  /* What is worse is not played, and what is played stays where it is. */
  before = read_file (fixture, "watch/published/training.json");
  add_pictures (fixture, 160, 200);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", WORSE, NULL), ==, 0);
  assert_decided (fixture, 2, "rolled-back", 200, 40);
  assert_says (fixture->err, "round 3 is rolled back: ");
  assert_leads_to (fixture, "published-2");
  after = read_file (fixture, "watch/published/training.json");
  g_assert_cmpstr (before, ==, after);
  g_assert_true (is_there (fixture, "watch/rolled-back-3.jsonl"));
  g_assert_true (is_there (fixture, "watch/published-1/classifier.onnx"));
  /* It is not tried again with the same files; and then with all that the published one lacks. */
  g_assert_cmpint (tool (fixture, ONCE, "--grown=1", WORSE, NULL), ==, 0);
  g_assert_false (is_there (fixture, "watch/round-4"));
  add_pictures (fixture, 200, 210);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=10", WORSE, NULL), ==, 0);
  assert_decided (fixture, 3, "rolled-back", 210, 50);
  g_assert_false (is_there (fixture, "watch/round-3"));
  g_assert_cmpint (
      tool (fixture, "test", "watch/published", "watch/data", "split=test", NULL), ==, 0);
}

/* A training that fails, and one that is there already. */
static void
test_failed (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, "train", "settings.json", "data.split=train",
                       "data.split-by=content", "checkpoint=model", NULL),
      ==, 0);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=20", "--model=model", NULL), ==, 0);
  assert_leads_to (fixture, "published-1");
  g_assert_false (is_there (fixture, "watch/round-2"));
  add_pictures (fixture, 80, 100);
  g_assert_cmpint (
      tool (fixture, ONCE, "--grown=20", "--model=model", "--then=learning-rate=1e30", NULL), ==,
      1);
  g_assert_false (is_there (fixture, "watch/published-2"));
  assert_says (fixture->err, "round 2 is lost: train: ");
  assert_leads_to (fixture, "published-1");
  add_pictures (fixture, 100, 120);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=20", BETTER, NULL), ==, 0);
  assert_leads_to (fixture, "published-3");
}

/* The files of a round that was lost are new to the next one, without any others. */
static void
test_tried_again (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  add_pictures (fixture, 80, 160);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", "--then=learning-rate=1e30", NULL), ==, 1);
  assert_decided (fixture, 1, "failed", 160, 80);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", BETTER, NULL), ==, 0);
  assert_decided (fixture, 2, "published", 160, 80);
  assert_leads_to (fixture, "published-3");
  g_assert_cmpint (tool (fixture, ONCE, "--grown=1", BETTER, NULL), ==, 0);
  g_assert_false (is_there (fixture, "watch/round-4"));
}

/* Somebody's own folder, of whose links none may go. */
static void
test_data_is_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *own = path_in (fixture, "own"), *link = path_in (fixture, "own/link");
  g_autofree char *watch = path_in (fixture, "watch"), *place = path_in (fixture, "watch/data");

  g_assert_cmpint (g_mkdir (own, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (watch, 0700), ==, 0);
  g_assert_cmpint (symlink ("somewhere", link), ==, 0);
  g_assert_cmpint (symlink (own, place), ==, 0);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 1);
  assert_says (fixture->err, "watch/data' is a link");
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_assert_cmpint (g_unlink (place), ==, 0);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  assert_leads_to (fixture, "published-1");
}

/* Which files there were before is not known any more: no round has all of them for new ones. */
static void
test_list_lost (Fixture *fixture, gconstpointer data)
{
  g_autofree char *list = path_in (fixture, "watch/published-1/files.jsonl");

  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  g_assert_cmpint (g_unlink (list), ==, 0);
  add_pictures (fixture, 80, 160);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", BETTER, NULL), ==, 1);
  assert_says (fixture->err, "published-1/files.jsonl: it is not there any more");
  assert_leads_to (fixture, "published-1");
}

/* A round that was lost, of which the end could not be written, and which then comes to a better
 * one. */
static void
test_lost_and_found (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "watch/watch.json"), *state = NULL;
  g_autoptr (JsonNode) line = NULL;
  char *place;

  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  add_pictures (fixture, 80, 160);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", "--then=learning-rate=1e30", NULL), ==, 1);
  assert_decided (fixture, 1, "failed", 160, 80);
  g_assert_true (is_there (fixture, "watch/rolled-back-2.jsonl"));
  state = read_file (fixture, "watch/watch.json");
  place = strstr (state, "\"training\" : false");
  g_assert_nonnull (place);
  memcpy (place, "\"training\" : true ", strlen ("\"training\" : true "));
  g_assert_true (g_file_set_contents (path, state, -1, NULL));
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", BETTER, NULL), ==, 0);
  line = read_decision (fixture, "watch", 2);
  g_assert_nonnull (line);
  g_assert_cmpstr (
      json_object_get_string_member (json_node_get_object (line), "decision"), ==, "published");
  assert_leads_to (fixture, "published-2");
  g_assert_false (is_there (fixture, "watch/rolled-back-2.jsonl"));
}

/* --- which files --- */

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_in (fixture, "pictures/0/000.png");
  g_autofree char *half = path_in (fixture, "pictures/1/half.png");
  g_autofree char *text = path_in (fixture, "pictures/1/001.txt");
  g_autofree char *bytes = NULL;
  g_autoptr (JsonNode) first = NULL;
  JsonArray *damaged;
  gsize n;

  g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
  g_assert_true (g_file_set_contents (half, bytes, (gssize)n / 2, NULL));
  g_assert_true (g_file_set_contents (text, "lines that go down", -1, NULL));
  g_assert_cmpint (tool (fixture, ONCE, "--grown=80", NULL), ==, 0);
  assert_says (fixture->err, "warning: left out: ");
  assert_decided (fixture, 0, "first", 80, 80);
  first = read_decision (fixture, "watch", 0);
  damaged = json_object_get_array_member (json_node_get_object (first), "damaged");
  g_assert_cmpuint (json_array_get_length (damaged), ==, 1);
  g_assert_cmpstr (json_array_get_string_element (damaged, 0), ==, "1/half.png");
  g_assert_false (is_there (fixture, "watch/data/1/half.png"));
  g_assert_true (is_there (fixture, "watch/data/1/001.txt"));

  /* It was being written; another one is replaced, one goes. */
  g_assert_true (g_file_set_contents (half, bytes, (gssize)n, NULL));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=1", WORSE, NULL), ==, 0);
  assert_decided (fixture, 1, "rolled-back", 80, 1);
  g_assert_true (is_there (fixture, "watch/data/1/half.png"));
  g_assert_false (is_there (fixture, "watch/data/0/000.png"));
}

/* What has just been written is waited for. */
static void
test_settled (Fixture *fixture, gconstpointer data)
{
  const gint64 began = g_get_monotonic_time ();

  g_assert_cmpint (
      tool (fixture, "watch", "settings.json", "--once", "--settle=2", "--grown=80", NULL), ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - began, >=, 2 * G_USEC_PER_SEC);
  assert_decided (fixture, 0, "first", 80, 80);
}

/* --- as it goes on --- */

static GPid
begin (const Fixture *fixture, const char *const *arguments)
{
  g_autoptr (GPtrArray) line = launch_line (g_getenv ("GENERATIVE_MODEL"));
  g_autoptr (GError) error = NULL;
  GPid pid;

  for (; *arguments != NULL; arguments++)
    g_ptr_array_add (line, g_strdup (*arguments));
  g_ptr_array_add (line, NULL);
  g_spawn_async (fixture->folder, (char **)line->pdata, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
      NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

static void
wait_for_decision (const Fixture *fixture, guint number)
{
  for (int i = 0; i < 6000; i++) {
    g_autoptr (JsonNode) line = read_decision (fixture, "watch", number);

    if (line != NULL)
      return;
    g_usleep (10000);
  }
  g_error ("nothing was decided on round %u", number + 1);
}

/* Files that come are seen; SIGTERM ends it, between two rounds and within one. */
static void
test_watched (Fixture *fixture, gconstpointer data)
{
  static const char *const arguments[] = { "watch", "settings.json", "--settle=0", "--poll=600",
    "--grown=40", BETTER, NULL };
  static const char *const longer[] = { "watch", "settings.json", "--settle=0", "--grown=40",
    "--then=max-steps=100000", NULL };
  GPid pid = begin (fixture, arguments);
  int status;

  wait_for_decision (fixture, 0);
  add_pictures (fixture, 80, 140);
  wait_for_decision (fixture, 1);
  kill (pid, SIGTERM);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 130);
  assert_leads_to (fixture, "published-2");

  add_pictures (fixture, 140, 200);
  pid = begin (fixture, longer);
  for (int i = 0; i < 6000 && !is_there (fixture, "watch/round-3/state.safetensors"); i++)
    g_usleep (10000);
  g_assert_cmpint (tool (fixture, ONCE, NULL), ==, 1);
  assert_says (fixture->err, "is being written to by another");
  kill (pid, SIGTERM);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (WEXITSTATUS (status), ==, 130);
  assert_leads_to (fixture, "published-2");
  /* The round goes on, whatever else has come. */
  add_pictures (fixture, 200, 210);
  g_assert_cmpint (tool (fixture, ONCE, "--grown=40", BETTER, NULL), ==, 0);
  wait_for_decision (fixture, 2);
  assert_says (fixture->err, "round 3 trains on 200 files, ");
}

/* What is played is whole, whenever it is looked at. */
static void
assert_whole (const Fixture *fixture, const char *folder)
{
  static const char *const files[] = { "classifier.onnx", "training.json", "files.jsonl" };
  g_autofree char *link = g_build_filename (folder, "published", NULL);
  g_autofree char *model = g_build_filename (fixture->folder, link, files[0], NULL);
  g_autoptr (GError) error = NULL;
  GenGraph *graph;

  if (!is_there (fixture, link))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *name = g_build_filename (link, files[i], NULL);

    g_assert_true (is_there (fixture, name));
  }
  graph = gen_onnx_load (model, &error);
  g_assert_no_error (error);
  gen_graph_unref (graph);
}

/* Kill it again and again, after some milliseconds, before it is left to come to its end. */
static void
kill_often (Fixture *fixture, const char *grown)
{
  const char *arguments[] = { ONCE, "--folder=killed", grown, BETTER, NULL };
  int status;

  for (guint i = 0; i < 12; i++) {
    const GPid pid = begin (fixture, arguments);

    g_usleep ((gulong)g_test_rand_int_range (0, 900000));
    kill (pid, SIGKILL);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    assert_whole (fixture, "killed");
  }
  g_assert_cmpint (tool (fixture, ONCE, "--folder=killed", grown, BETTER, NULL), ==, 0);
}

/* All but the time, and where a training was interrupted. */
static void
assert_same_decision (const Fixture *fixture, guint number)
{
  g_autoptr (JsonNode) one = read_decision (fixture, "watch", number);
  g_autoptr (JsonNode) two = read_decision (fixture, "killed", number);

  g_assert_true ((one != NULL) == (two != NULL));
  if (one == NULL)
    return;
  json_object_remove_member (json_node_get_object (one), "time");
  json_object_remove_member (json_node_get_object (two), "time");
  g_assert_true (json_node_equal (one, two));
}

/* A folder that is away for a while is waited for. */
static void
test_away (Fixture *fixture, gconstpointer data)
{
  static const char *const arguments[] = { "watch", "settings.json", "--settle=0", "--poll=1",
    "--grown=40", BETTER, NULL };
  g_autofree char *here = path_in (fixture, "pictures"), *away = path_in (fixture, "away");
  GPid pid = begin (fixture, arguments);
  int status;

  wait_for_decision (fixture, 0);
  g_assert_cmpint (g_rename (here, away), ==, 0);
  g_usleep (3 * G_USEC_PER_SEC); /* several looks */
  g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);
  g_assert_cmpint (g_rename (away, here), ==, 0);
  add_pictures (fixture, 80, 140);
  wait_for_decision (fixture, 1);
  kill (pid, SIGTERM);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 130);
  assert_leads_to (fixture, "published-2");
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  static const char *const grown[] = { "--grown=80", "--grown=60" };
  g_autofree char *one = path_in (fixture, "watch/published/classifier.onnx");
  g_autofree char *two = path_in (fixture, "killed/published/classifier.onnx");
  g_autofree char *in_one = NULL, *in_two = NULL;
  gsize size_of_one, size_of_two;

  for (guint i = 0; i < G_N_ELEMENTS (grown); i++) {
    g_assert_cmpint (tool (fixture, ONCE, grown[i], BETTER, NULL), ==, 0);
    kill_often (fixture, grown[i]);
    add_pictures (fixture, 80, 160);
  }
  for (guint i = 0; i < 3; i++)
    assert_same_decision (fixture, i);
  assert_leads_to (fixture, "published-2");
  g_assert_true (g_file_get_contents (one, &in_one, &size_of_one, NULL));
  g_assert_true (g_file_get_contents (two, &in_two, &size_of_two, NULL));
  g_assert_cmpmem (in_one, size_of_one, in_two, size_of_two);
}

/* --- what is refused --- */

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *argument, *text;
  } cases[] = {
    { "data.location=nowhere", "data.location: a folder is wanted" },
    { "data.split-by=index", "data.split-by is index" },
    { "data.split=all", "data.split is not train" },
    { "data.medium=film", "film" },
    { "learning-rate=fast", "learning-rate" },
    { "--then=learning-rat=1", "--then: " },
    { "--grown=0", "--grown: 1 files or more" },
    { "--settle=-1", "--settle: " },
    { "--poll=0", "--poll: " },
    { "--model=pictures", "it has no training.json" },
    { "--folder=pictures/0", "--folder: it is within " },
    { "--folder=pictures/watch/here", "--folder: it is within " },
  };
  g_autofree char *state = path_in (fixture, "watch/watch.json");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_cmpint (tool (fixture, ONCE, cases[i].argument, NULL), ==, 1);
    assert_says (fixture->err, cases[i].text);
  }
  g_assert_cmpint (tool (fixture, "watch", "nothing.json", NULL), ==, 1);
  g_assert_false (is_there (fixture, "watch/published"));

  /* A state that is none, or of another folder. */
  g_assert_true (g_file_set_contents (state, "{\"round\":-1}", -1, NULL));
  g_assert_cmpint (tool (fixture, ONCE, NULL), ==, 1);
  assert_says (fixture->err, "watch/watch.json: it does not say which round it is");
  g_assert_true (g_file_set_contents (
      state, "{\"round\":1,\"published\":1,\"location\":\"/elsewhere\"}", -1, NULL));
  g_assert_cmpint (tool (fixture, ONCE, NULL), ==, 1);
  assert_says (fixture->err, "it is of a watch on '/elsewhere'");
}

#define ADD(NAME, TEST) g_test_add (NAME, Fixture, NULL, set_up_pictures, TEST, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tool-watch/published", test_published);
  ADD ("/tool-watch/failed", test_failed);
  ADD ("/tool-watch/tried-again", test_tried_again);
  ADD ("/tool-watch/data-is-link", test_data_is_link);
  ADD ("/tool-watch/list-lost", test_list_lost);
  ADD ("/tool-watch/lost-and-found", test_lost_and_found);
  ADD ("/tool-watch/files", test_files);
  ADD ("/tool-watch/settled", test_settled);
  ADD ("/tool-watch/watched", test_watched);
  ADD ("/tool-watch/away", test_away);
  ADD ("/tool-watch/killed", test_killed);
  ADD ("/tool-watch/refused", test_refused);
  return g_test_run ();
}
