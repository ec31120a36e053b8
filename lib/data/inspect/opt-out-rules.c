/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opt-out-rules.h"

#include <string.h>

typedef struct {
  char *pattern; /* with percent signs undone; of addresses without the scheme */
  gboolean allows, of_address;
} Rule;

struct _GenOptOutRules {
  GPtrArray *groups; /* of GArray of Rule */
};

static void
rule_clear (gpointer data)
{
  g_free (((Rule *)data)->pattern);
}

GenOptOutRules *
gen_opt_out_rules_new (void)
{
  GenOptOutRules *rules = g_new0 (GenOptOutRules, 1);

  rules->groups = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  return rules;
}

void
gen_opt_out_rules_free (GenOptOutRules *rules)
{
  g_ptr_array_unref (rules->groups);
  g_free (rules);
}

void
gen_opt_out_rules_begin_group (GenOptOutRules *rules)
{
  GArray *group = g_array_new (FALSE, FALSE, sizeof (Rule));

  g_array_set_clear_func (group, rule_clear);
  g_ptr_array_add (rules->groups, group);
}

/* What is behind the scheme; NULL where there is none. */
static const char *
behind_scheme (const char *address)
{
  static const char *const schemes[] = { "http://", "https://" };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (address, schemes[i], strlen (schemes[i])) == 0)
      return address + strlen (schemes[i]);
  return NULL;
}

/* Percent signs undone, where that leaves text, and hosts in small letters. (transfer full) */
static char *
make_plain (const char *text, gboolean has_host)
{
  char *plain = g_uri_unescape_string (text, NULL);

  plain = plain != NULL ? plain : g_strdup (text);
  for (char *c = plain; has_host && *c != '\0' && *c != '/'; c++)
    *c = g_ascii_tolower (*c);
  return plain;
}

void
gen_opt_out_rules_add (GenOptOutRules *rules, const char *pattern, gboolean allows)
{
  const char *behind = behind_scheme (pattern);
  Rule rule = { .allows = allows, .of_address = behind != NULL };

  if (*pattern == '\0')
    return;
  if (rules->groups->len == 0)
    gen_opt_out_rules_begin_group (rules);
  if (behind != NULL)
    rule.pattern = make_plain (behind, TRUE);
  else if (*pattern == '/' || *pattern == '*')
    rule.pattern = make_plain (pattern, FALSE);
  else {
    g_autofree char *rooted = g_strconcat ("/", pattern, NULL);

    rule.pattern = make_plain (rooted, FALSE);
  }
  g_array_append_val ((GArray *)rules->groups->pdata[rules->groups->len - 1], rule);
}

/* Whether `text` begins as the pattern says. Where what follows a star does not fit, that star
 * takes one character more: no other way back is needed, so that it takes their product at most. */
static gboolean
fits (const char *pattern, const char *text)
{
  const char *star = NULL, *at = NULL;

  for (;;) {
    const gboolean is_end = *pattern == '$' && pattern[1] == '\0';

    if (*pattern == '\0' || (is_end && *text == '\0'))
      return TRUE;
    if (*pattern == '*') {
      star = ++pattern;
      at = text;
    } else if (!is_end && *text != '\0' && *pattern == *text) {
      pattern++;
      text++;
    } else if (star != NULL && *at != '\0') {
      pattern = star;
      text = ++at;
    } else {
      return FALSE;
    }
  }
}

/* What rules are held against: a path, or an address with its host. */
typedef struct {
  const char *path;    /* from its stroke on */
  const char *address; /* without the scheme; NULL: none */
} Subject;

static gboolean
group_forbids (const GArray *group, const Subject *subject)
{
  gsize allowed = 0, forbidden = 0; /* by patterns of that length */

  for (guint i = 0; i < group->len; i++) {
    const Rule *rule = &g_array_index (group, Rule, i);
    const char *text = rule->of_address ? subject->address : subject->path;
    gsize *longest = rule->allows ? &allowed : &forbidden;

    if (text != NULL && fits (rule->pattern, text))
      *longest = MAX (*longest, strlen (rule->pattern));
  }
  return forbidden > allowed;
}

static gboolean
forbid (const GenOptOutRules *rules, const Subject *subject)
{
  for (guint i = 0; i < rules->groups->len; i++)
    if (group_forbids (rules->groups->pdata[i], subject))
      return TRUE;
  return FALSE;
}

gboolean
gen_opt_out_rules_forbid (const GenOptOutRules *rules, const char *name, const char *address)
{
  g_autofree char *path = g_strconcat (*name == '/' ? "" : "/", name, NULL), *plain = NULL;
  const char *behind = address != NULL ? behind_scheme (address) : NULL;
  const char *below;

  if (forbid (rules, &(Subject){ path, NULL }))
    return TRUE;
  if (behind == NULL)
    return FALSE;
  plain = make_plain (behind, TRUE);
  below = strchr (plain, '/');
  return forbid (rules, &(Subject){ below != NULL ? below : "/", plain });
}
