/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of choices: a GKeyFile, whose lines are `problem=way` or `problem=way;note`, with a
 * question mark before a way that another look may change. It is
 * replaced as a whole by renaming, under a lock that is a file of its own. */
#include "choice.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <generative/device.h>
#include <generative/version.h>

#include "dnnl.h"
#include "features.h"

#define DOUBT '?'

struct _GenChoices {
  char *path;
  char *machine;       /* the section */
  GHashTable *known;   /* problem to way, with its question mark */
  GHashTable *entries; /* problem to what its line says, to be written */
  GHashTable *useless; /* problems whose line is to be replaced */
};

/* Without what a section's name may not have. */
static char *
describe_machine (const char *device)
{
  g_autofree char *cpu = NULL;
  g_autofree char *library = NULL;
  char *machine;

  if (device != NULL) {
    machine = g_strconcat (device, ", generative " GEN_VERSION, NULL);
  } else {
    cpu = gen_cpu_describe ();
    library = gen_convolution_library ();
    machine = g_strdup_printf ("%s, %s, generative " GEN_VERSION, cpu, library);
  }
  return g_strdelimit (machine, "[]\r\n", ' ');
}

/* The file, empty where it cannot be read. Who reads a pipe would wait for ever. */
static GKeyFile *
load (const GenChoices *choices)
{
  GKeyFile *file = g_key_file_new ();

  if (!g_file_test (choices->path, G_FILE_TEST_IS_REGULAR) ||
      !g_key_file_load_from_file (file, choices->path, G_KEY_FILE_KEEP_COMMENTS, NULL)) {
    g_key_file_unref (file);
    file = g_key_file_new ();
  }
  return file;
}

static void
read_section (GenChoices *choices)
{
  g_autoptr (GKeyFile) file = load (choices);
  g_auto (GStrv) problems = g_key_file_get_keys (file, choices->machine, NULL, NULL);

  for (char **problem = problems; problem != NULL && *problem != NULL; problem++) {
    char *way = g_key_file_get_value (file, choices->machine, *problem, NULL);

    if (way == NULL)
      continue;
    way[strcspn (way, ";")] = '\0';
    g_hash_table_insert (choices->known, g_strdup (*problem), g_strchomp (way));
  }
}

GenChoices *
gen_choices_open (const char *path, const char *device)
{
  GenChoices *choices = g_new0 (GenChoices, 1);

  choices->path = path != NULL ? g_strdup (path)
                               : g_build_filename (g_get_user_cache_dir (), "gst-generative",
                                     "kernels.ini", NULL);
  choices->machine = describe_machine (device);
  choices->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  choices->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  choices->useless = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  read_section (choices);
  return choices;
}

const char *
gen_choices_find (const GenChoices *choices, const char *problem)
{
  const char *way = g_hash_table_lookup (choices->known, problem);

  return way != NULL && *way != DOUBT ? way : NULL;
}

void
gen_choices_add (
    GenChoices *choices, const char *problem, const char *way, const char *note, gboolean sure)
{
  const char *before = g_hash_table_lookup (choices->known, problem);
  char *found = sure || (before != NULL && *before == DOUBT) ? g_strdup (way)
                                                             : g_strdup_printf ("%c%s", DOUBT, way);

  g_hash_table_insert (choices->entries, g_strdup (problem),
      note != NULL ? g_strconcat (found, ";", note, NULL) : g_strdup (found));
  g_hash_table_insert (choices->known, g_strdup (problem), found);
}

void
gen_choices_forget (GenChoices *choices, const char *problem)
{
  g_hash_table_remove (choices->known, problem);
  g_hash_table_add (choices->useless, g_strdup (problem));
}

/* The lock, -1 where there can be none. */
static int
take_lock (const char *path)
{
  g_autofree char *name = g_strconcat (path, ".lock", NULL);
  int lock = open (name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

  while (lock >= 0 && flock (lock, LOCK_EX) != 0)
    if (errno != EINTR) {
      close (lock);
      return -1;
    }
  return lock;
}

static void
save (const GenChoices *choices)
{
  g_autofree char *folder = g_path_get_dirname (choices->path);
  g_autoptr (GKeyFile) file = NULL;
  g_autofree char *text = NULL;
  GHashTableIter iter;
  gpointer problem, line;
  gsize size;
  int lock;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return;
  lock = take_lock (choices->path);
  if (lock < 0)
    return;
  /* What others have written meanwhile stays. */
  file = load (choices);
  g_hash_table_iter_init (&iter, choices->entries);
  while (g_hash_table_iter_next (&iter, &problem, &line)) {
    g_autofree char *other = g_key_file_get_value (file, choices->machine, problem, NULL);

    if (other == NULL || *other == DOUBT || g_hash_table_contains (choices->useless, problem))
      g_key_file_set_value (file, choices->machine, problem, line);
  }
  text = g_key_file_to_data (file, &size, NULL);
  g_file_set_contents (choices->path, text, (gssize)size, NULL);
  close (lock);
}

void
gen_choices_close (GenChoices *choices)
{
  if (g_hash_table_size (choices->entries) > 0)
    save (choices);
  g_hash_table_unref (choices->known);
  g_hash_table_unref (choices->entries);
  g_hash_table_unref (choices->useless);
  g_free (choices->machine);
  g_free (choices->path);
  g_free (choices);
}
