/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept with data about who does not want to be learned from, and whether it is heeded. */
#include <generative/data-filter.h>
#include <generative/data-found.h>
#include <generative/picture.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/data/inspect/opt-out-rules.h"
#include "../scratch.h"

typedef struct {
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = scratch_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  scratch_remove (fixture->folder);
  g_free (fixture->folder);
}

static void
save_text (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Waves that differ from number to number; the size does not change what they look like. */
static void
save_picture (const Fixture *fixture, const char *name, int number, int size)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_auto (GenPicture) picture = { 0 };

  gen_picture_init (&picture, size, size, 1);
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++)
      picture.data[y * picture.stride + x] =
          (guint8)(128 + 100 * sin (((x + 0.5) * (number % 5 + 1) + (y + 0.5) * (number % 7 + 2)) *
                                        6.0 / size +
                                    number * number));
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static GenDataset *
open_data (const Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  const GenDatasetSettings settings = { 0 };
  g_autoptr (GError) error = NULL;
  GenDataset *dataset = gen_dataset_open (path, &settings, &error);

  g_assert_no_error (error);
  return dataset;
}

/* How many items are left out for `reason` where nobody asks for anything; -1: nothing is looked
 * at. */
static int
count_out (const Fixture *fixture, const char *name, const char *reason)
{
  g_autoptr (GenDataset) dataset = open_data (fixture, name);
  const GenDataFilterRun run = { .threads = 2 };
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;
  GenDataFilterSettings filter;

  gen_data_filter_settings_init (&filter);
  if (!gen_data_filter_is_needed (&filter, dataset))
    return -1;
  summary = gen_data_filter_judge (&filter, &run, dataset, &error);
  g_assert_no_error (error);
  g_assert_nonnull (json_object_get_array_member (summary, "opt-outs"));
  return (int)json_object_get_int_member_with_default (
      json_object_get_object_member (summary, "reasons"), reason, 0);
}

/* --- rules --- */

/* By what RFC 9309 says of them in 2.2.2 and 2.2.3, and its examples. */
static void
test_rules (void)
{
  static const struct {
    const char *disallow, *allow, *name, *address;
    gboolean out;
  } cases[] = {
    { "/cats/", NULL, "cats/1.png", NULL, TRUE },
    { "/cats/", NULL, "cat/1.png", NULL, FALSE },
    { "cats/", NULL, "cats/1.png", NULL, TRUE },
    { "", NULL, "cats/1.png", NULL, FALSE },
    { "/", NULL, "cats/1.png", NULL, TRUE },
    { "*.gif", NULL, "a/b.gif", NULL, TRUE },
    { "*.gif$", NULL, "a/b.gif.png", NULL, FALSE },
    { "*.gif$", NULL, "a.gif.gif", NULL, TRUE },
    { "/a*b*c$", NULL, "axxbxxbxc", NULL, TRUE },
    { "/a*b*c$", NULL, "axxbxxbxcd", NULL, FALSE },
    { "/cats/", "/cats/mine/", "cats/mine/1.png", NULL, FALSE },
    { "/cats/mine/", "/cats/", "cats/mine/1.png", NULL, TRUE },
    { "/page", "/page", "page", NULL, FALSE },
    { "/a%20b/", NULL, "a b/1.png", NULL, TRUE },
    { "/art/", NULL, "1.png", "https://Example.org/art/1.png", TRUE },
    { "/art/", NULL, "1.png", "https://example.org/other/1.png", FALSE },
    { "https://example.org/art/", NULL, "1.png", "http://EXAMPLE.org/art/%31.png", TRUE },
    { "https://example.org/art/", NULL, "1.png", "https://example.com/art/1.png", FALSE },
    { "https://example.org", "https://example.org/free/", "1.png", "https://example.org/free/1.png",
        FALSE },
    { "https://example.org/", NULL, "example.org/1.png", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenOptOutRules) rules = gen_opt_out_rules_new ();

    gen_opt_out_rules_add (rules, cases[i].disallow, FALSE);
    if (cases[i].allow != NULL)
      gen_opt_out_rules_add (rules, cases[i].allow, TRUE);
    g_test_message ("%s, %s", cases[i].disallow, cases[i].name);
    g_assert_cmpint (
        gen_opt_out_rules_forbid (rules, cases[i].name, cases[i].address), ==, cases[i].out);
  }
}

/* What one group allows, another may not. */
static void
test_groups (void)
{
  g_autoptr (GenOptOutRules) rules = gen_opt_out_rules_new ();

  gen_opt_out_rules_begin_group (rules);
  gen_opt_out_rules_add (rules, "/", TRUE);
  gen_opt_out_rules_begin_group (rules);
  gen_opt_out_rules_add (rules, "/a", FALSE);
  g_assert_true (gen_opt_out_rules_forbid (rules, "a.png", NULL));
  g_assert_false (gen_opt_out_rules_forbid (rules, "b.png", NULL));
}

/* --- files --- */

static void
save_four (const Fixture *fixture)
{
  save_picture (fixture, "a.png", 0, 48);
  save_picture (fixture, "b.png", 1, 48);
  save_picture (fixture, "c.png", 2, 48);
  save_picture (fixture, "d.png", 3, 48);
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, -1);
}

static void
test_content (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "b.png", NULL), *bytes = NULL;
  g_autofree char *digest = NULL, *upper = NULL, *line = NULL;
  gsize size;

  save_four (fixture);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)bytes, size);
  line = g_strconcat ("# asked for\n\n", digest, "  whatever it was called\n", NULL);
  save_text (fixture, "opt-outs.txt", line);
  g_assert_cmpint (count_out (fixture, "", "opted-out-content"), ==, 1);
  upper = g_ascii_strup (digest, -1);
  g_free (line);
  line = g_strconcat ("SHA256: ", upper, NULL);
  save_text (fixture, "opt-outs.txt", line);
  g_assert_cmpint (count_out (fixture, "", "opted-out-content"), ==, 1);
}

/* A copy of another size is found by what it looks like. */
static void
test_fingerprint (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenInspection) inspection = NULL;
  const GenInspectionSettings settings = GEN_INSPECTION_DEFAULTS;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  save_four (fixture);
  inspection = gen_inspection_new (fixture->folder, &settings, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (gen_inspection_get_item (inspection, 2)->name, ==, "c.png");
  line = g_strdup_printf ("fingerprint: %016" G_GINT64_MODIFIER "x\n",
      gen_inspection_get_item (inspection, 2)->fingerprint);
  save_picture (fixture, "larger.png", 2, 96);
  save_text (fixture, "opt-outs.txt", line);
  g_assert_cmpint (count_out (fixture, "", "opted-out-fingerprint"), ==, 2);
}

static void
test_paths (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  save_text (fixture, "ai.txt", "User-Agent: *\nDisallow: /a.png # mine\nSitemap: /x\nNoise\n");
  g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, 1);
  save_text (
      fixture, "robots.txt", "User-agent: one\nUser-agent: two\nDisallow: *.png\nAllow: /d.png\n");
  g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, 3);
}

/* As editors of all systems leave them. */
static void
test_lines (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "\xef\xbb\xbf"
                                       "Disallow: /a.png\nDisallow: /b.png",
    "Disallow: /a.png\rDisallow: /b.png\r", "Disallow: /a.png\r\n\rDisallow: /b.png\r\n" };

  save_four (fixture);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (texts); i++) {
    save_text (fixture, i % 2 == 0 ? "opt-outs.txt" : "robots.txt", texts[i / 2]);
    save_text (fixture, i % 2 == 0 ? "robots.txt" : "opt-outs.txt", "");
    g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, 2);
  }
}

static void
test_reservations (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  save_text (fixture, "tdmrep.json",
      "[{\"location\": \"/\", \"tdm-reservation\": 1},"
      " {\"location\": \"/b*\", \"tdm-reservation\": 0, \"tdm-policy\": "
      "\"https://example.org/\"}]");
  g_assert_cmpint (count_out (fixture, "", "reserved"), ==, 3);
}

static void
test_sidecars (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  save_text (fixture, "a.json", "{\"tdm-reservation\": 1}");
  save_text (
      fixture, "b.json", "{\"tdm-reservation\": false, \"url\": \"https://example.org/b.png\"}");
  save_text (fixture, "c.json", "{\"tdm-reservation\": \"perhaps\"}");
  save_text (fixture, "opt-outs.txt", "Disallow: https://example.org/\n");
  g_assert_cmpint (count_out (fixture, "", "reserved"), ==, 2);
  g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, 1);
}

/* What is there and odd, or cannot be read, reserves. */
static void
test_odd_sidecars (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text;
    gboolean out;
  } cases[] = { { "{\"tdm-reservation\": 1.0}", TRUE }, { "{\"tdm-reservation\": 0.0}", FALSE },
    { "{\"tdm-reservation\": 0.5}", TRUE }, { "{\"tdm-reservation\": [1]}", TRUE },
    { "{\"tdm-reservation\": {\"all\": 1}}", TRUE }, { "{\"tdm-reservation\": null}", TRUE },
    { "{\"tdm-reservation\": 1", TRUE }, { "[1]", TRUE }, { "", TRUE }, { "{}", FALSE },
    { "{\"tdm_reservation\": [0]}", TRUE }, { "{\"label\": \"\xff\"}", TRUE } };
  g_autofree char *sidecar = g_build_filename (fixture->folder, "a.json", NULL);

  save_four (fixture);
  save_text (fixture, "opt-outs.txt", "");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    save_text (fixture, "a.json", cases[i].text);
    g_test_message ("case %u", i);
    g_assert_cmpint (count_out (fixture, "", "reserved"), ==, cases[i].out);
  }
  g_assert_cmpint (g_unlink (sidecar), ==, 0);
  g_assert_cmpint (symlink ("nowhere", sidecar), ==, 0);
  g_assert_cmpint (count_out (fixture, "", "reserved"), ==, 1);
}

/* What the manifest says of a file and what stands beside it are one. */
static void
test_both (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  save_text (fixture, "list.csv",
      "file,licence,tdm-reservation\na.png,CC0-1.0,\nb.png,CC0-1.0,\nc.png,CC0-1.0,1\n"
      "d.png,CC0-1.0,0\n");
  save_text (fixture, "a.json", "{\"tdm-reservation\": 1}");
  save_text (fixture, "b.json", "{\"url\": \"https://example.org/b.png\"}");
  save_text (fixture, "c.json", "{\"tdm-reservation\": 0}");
  save_text (fixture, "opt-outs.txt", "Disallow: https://example.org/\n");
  g_assert_cmpint (count_out (fixture, "list.csv", "reserved"), ==, 2);
  g_assert_cmpint (count_out (fixture, "list.csv", "opted-out-path"), ==, 1);
}

/* A file that is named is enough for what stands beside files to be read. */
static void
test_named (Fixture *fixture, gconstpointer data)
{
  g_autofree char *further = g_build_filename (fixture->folder, "elsewhere", NULL);
  g_autoptr (GenDataset) dataset = NULL;
  const GenDataFilterRun run = { .threads = 1 };
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;
  GenDataFilterSettings filter;

  save_four (fixture);
  save_text (fixture, "a.json", "{\"tdm-reservation\": 1}");
  save_text (fixture, "elsewhere", "Disallow: /b.png\n");
  dataset = open_data (fixture, "");
  gen_data_filter_settings_init (&filter);
  filter.opt_outs = further;
  summary = gen_data_filter_judge (&filter, &run, dataset, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member_with_default (
                       json_object_get_object_member (summary, "reasons"), "reserved", 0),
      ==, 1);
}

/* Of a sample without a picture nothing comes to the next one, and of the last one nothing stays
 * behind. */
static void
test_shards (Fixture *fixture, gconstpointer data)
{
  const char *arguments[] = { "tar", "--sort=name", "-cf", "shard.tar", "a.json", "b.png", "c.png",
    "c.json", "d.json", NULL };
  g_autoptr (GError) error = NULL;
  int status;

  save_four (fixture);
  save_text (fixture, "a.json", "{\"tdm-reservation\": 1}");
  save_text (fixture, "c.json", "{\"tdm-reservation\": \"perhaps\"}");
  save_text (fixture, "d.json", "{\"tdm-reservation\": 1}");
  g_assert_true (g_spawn_sync (fixture->folder, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL,
      NULL, NULL, NULL, &status, &error));
  g_assert_cmpint (status, ==, 0);
  {
    g_autoptr (GenDataset) dataset = open_data (fixture, "shard.tar");
    GenDatasetOrigin origin;

    g_assert_cmpint (gen_dataset_get_count (dataset), ==, 2);
    g_assert_false (gen_dataset_get_origin (dataset, 0, &origin));
    g_assert_true (gen_dataset_get_origin (dataset, 1, &origin));
    g_assert_true (origin.is_reserved);
  }
}

static void
test_manifest (Fixture *fixture, gconstpointer data)
{
  save_four (fixture);
  save_text (fixture, "list.csv",
      "file,url,tdm-reservation,licence\n"
      "a.png,https://example.org/art/a.png,0,CC0-1.0\n"
      "b.png,https://example.org/b.png,,CC0-1.0\n"
      "c.png,https://example.org/c.png,1,\n"
      "d.png,,0,CC-BY-4.0\n");
  g_assert_cmpint (count_out (fixture, "list.csv", "reserved"), ==, 1);
  save_text (fixture, "opt-outs.txt", "Disallow: /art/\nDisallow: /d.png\n");
  g_assert_cmpint (count_out (fixture, "list.csv", "opted-out-path"), ==, 2);
  save_text (fixture, "bad.csv", "file,tdm-reservation\na.png,perhaps\n");
  {
    g_autofree char *path = g_build_filename (fixture->folder, "bad.csv", NULL);
    const GenDatasetSettings settings = { 0 };
    g_autoptr (GError) error = NULL;

    g_assert_null (gen_dataset_open (path, &settings, &error));
    g_assert_nonnull (strstr (error->message, "line 2: tdm-reservation is \"perhaps\""));
  }
}

/* Texts that say who is out are no texts to learn from. */
static void
test_texts (Fixture *fixture, gconstpointer data)
{
  save_text (fixture, "one.txt", "The first\n");
  save_text (fixture, "two.txt", "The second\n");
  save_text (fixture, "opt-outs.txt", "Disallow: /two\n");
  g_assert_cmpint (count_out (fixture, "", "opted-out-path"), ==, 1);
  {
    g_autoptr (GenDataset) dataset = open_data (fixture, "");

    g_assert_cmpint (gen_dataset_get_count (dataset), ==, 2);
  }
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *name, *text, *why;
  } cases[] = {
    { "opt-outs.txt", "# fine\nDissallow: /a\n", "opt-outs.txt, line 2: \"Dissallow: /a\" is no" },
    { "opt-outs.txt", "00ff\n", "line 1: \"00ff\" is no opt-out" },
    { "opt-outs.txt", "fingerprint: 12\n", "line 1:" },
    { "tdmrep.json", "{}", "tdmrep.json: it is none of" },
    { "tdmrep.json", "[{\"location\": \"/\", \"tdm-reservation\": 7}]", "tdmrep.json:" },
    { "tdmrep.json", "[", "tdmrep.json:" },
  };

  save_four (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenDataset) dataset = open_data (fixture, "");
    g_autofree char *path = g_build_filename (fixture->folder, cases[i].name, NULL);
    const GenDataFilterRun run = { .threads = 1 };
    g_autoptr (GError) error = NULL;
    GenDataFilterSettings filter;

    save_text (fixture, cases[i].name, cases[i].text);
    gen_data_filter_settings_init (&filter);
    g_assert_true (gen_data_filter_is_needed (&filter, dataset));
    g_assert_null (gen_data_filter_judge (&filter, &run, dataset, &error));
    g_assert_nonnull (error);
    if (strstr (error->message, cases[i].why) == NULL)
      g_error ("\"%s\" does not say \"%s\"", error->message, cases[i].why);
    g_assert_cmpint (remove (path), ==, 0);
  }
}

/* --- what is found --- */

/* What a link led to is not known, and may have been opt-outs. */
static void
test_lost_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "opt-outs.txt", NULL);
  g_autoptr (GenDataset) dataset = NULL;
  const GenDataFilterRun run = { .threads = 1 };
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;
  GenDataFilterSettings filter;

  save_four (fixture);
  dataset = open_data (fixture, "");
  g_assert_cmpint (symlink ("missing.txt", path), ==, 0);
  gen_data_filter_settings_init (&filter);
  summary = gen_data_filter_apply (&filter, &run, &dataset, &error);
  g_assert_null (summary);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "opt-outs.txt"));
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static gint64
size_of (const Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  return (gint64)status.st_size;
}

static void
test_found (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GenDataset) dataset = NULL;
  g_autoptr (GenSequence) sequence = NULL;
  g_autoptr (JsonObject) summary = NULL, found = NULL;
  const GenSequenceSettings order = GEN_SEQUENCE_DEFAULTS;
  const GenDataFilterRun run = { .threads = 1 };
  g_autoptr (GError) error = NULL;
  g_autofree char *listing = NULL, *digest = NULL;
  GenDataFilterSettings filter;
  JsonObject *left_out;

  save_four (fixture);
  save_text (fixture, "LICENSE", "\n  Creative Commons Zero\nmore\n");
  save_text (fixture, "list.csv",
      "file,label,licence,tdm-reservation\na.png,x,CC0-1.0,\nb.png,y,CC0-1.0,\nc.png,y,,1\n");
  dataset = open_data (fixture, "list.csv");
  gen_data_filter_settings_init (&filter);
  summary = gen_data_filter_apply (&filter, &run, &dataset, &error);
  g_assert_no_error (error);
  sequence = gen_sequence_new (dataset, &order, &error);
  g_assert_no_error (error);
  found = gen_data_describe_found (dataset, sequence, summary);
  g_assert_cmpint (json_object_get_int_member (found, "items"), ==, 2);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (found, "classes"), "y"), ==, 1);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (found, "licences"), "CC0-1.0"), ==,
      2);
  g_assert_cmpstr (json_object_get_string_member (
                       json_object_get_object_member (found, "licence-file"), "begins"),
      ==, "Creative Commons Zero");
  left_out = json_object_get_object_member (found, "left-out");
  g_assert_cmpint (json_object_get_int_member (left_out, "items"), ==, 1);
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (left_out, "reasons"), "reserved"),
      ==, 1);
  /* The listing is what the header says that it is. */
  listing = g_strdup_printf ("a.png\t%" G_GINT64_FORMAT "\tx\nb.png\t%" G_GINT64_FORMAT "\ty\n",
      size_of (fixture, "a.png"), size_of (fixture, "b.png"));
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, listing, -1);
  g_assert_cmpstr (json_object_get_string_member (found, "listing-sha256"), ==, digest);
  g_assert_nonnull (json_object_get_string_member (found, "file-sha256"));
}

#define ADD(name, function)                                                                        \
  g_test_add ("/opt-outs/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/opt-outs/rules", test_rules);
  g_test_add_func ("/opt-outs/groups", test_groups);
  ADD ("none", test_none);
  ADD ("content", test_content);
  ADD ("fingerprint", test_fingerprint);
  ADD ("paths", test_paths);
  ADD ("lines", test_lines);
  ADD ("reservations", test_reservations);
  ADD ("sidecars", test_sidecars);
  ADD ("odd-sidecars", test_odd_sidecars);
  ADD ("both", test_both);
  ADD ("named", test_named);
  ADD ("shards", test_shards);
  ADD ("manifest", test_manifest);
  ADD ("texts", test_texts);
  ADD ("refused", test_refused);
  ADD ("lost-link", test_lost_link);
  ADD ("found", test_found);
  return g_test_run ();
}
