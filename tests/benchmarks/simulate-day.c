/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A day: sessions come by a curve, stay as long as Pareto has it, and go to the node with the
 * fewest. Nodes start and stop as GenScalePolicy wants, and fail. What frames fare is looked up by
 * the sessions of a node. */
#include "simulate.h"

#include <math.h>

#define LOOK 5.0       /* seconds between two looks of the policy */
#define LONGEST 7200.0 /* that a session stays */
#define DRAINING 600.0 /* seconds that a node which is to stop leaves to its sessions */

typedef enum { STARTING, READY, LEAVING } NodeState;

typedef struct {
  guint number; /* never given twice */
  NodeState state;
  double since; /* when it began to be that, or will be ready */
  guint sessions;
  double fails; /* when */
} Node;

/* A session that ends at a time; which node it is on. */
typedef struct {
  double end;
  guint node;
} Session;

typedef struct {
  const CoreTable *table;
  const DaySettings *settings;
  double rate;
  GRand *rand;
  GArray *nodes;    /* Node, by number */
  GArray *sessions; /* Session: a heap, the next one to end first */
  GenScalePolicy policy;
  guint next_number;
  guint refused; /* since the last look */
  double now;
  DayFigures *figures;
  Hour hour;
  guint looks; /* of this hour */
} Day;

static double
draw_time (Day *day, double mean)
{
  return -mean * log (1 - g_rand_double (day->rand));
}

/* --- the heap --- */

static Session *
session_at (Day *day, guint i)
{
  return &g_array_index (day->sessions, Session, i);
}

static void
swap (Day *day, guint a, guint b)
{
  const Session kept = *session_at (day, a);

  *session_at (day, a) = *session_at (day, b);
  *session_at (day, b) = kept;
}

static void
push_session (Day *day, Session session)
{
  guint i = day->sessions->len;

  g_array_append_val (day->sessions, session);
  for (; i > 0 && session_at (day, (i - 1) / 2)->end > session_at (day, i)->end; i = (i - 1) / 2)
    swap (day, i, (i - 1) / 2);
}

static Session
pop_session (Day *day)
{
  const Session first = *session_at (day, 0);
  const guint n = day->sessions->len - 1;
  guint i = 0;

  *session_at (day, 0) = *session_at (day, n);
  g_array_set_size (day->sessions, n);
  for (guint next = 1; next < n; next = 2 * i + 1) {
    if (next + 1 < n && session_at (day, next + 1)->end < session_at (day, next)->end)
      next++;
    if (session_at (day, i)->end <= session_at (day, next)->end)
      break;
    swap (day, i, next);
    i = next;
  }
  return first;
}

/* --- nodes --- */

static Node *
node_at (Day *day, guint i)
{
  return &g_array_index (day->nodes, Node, i);
}

static Node *
find_node (Day *day, guint number)
{
  for (guint i = 0; i < day->nodes->len; i++)
    if (node_at (day, i)->number == number)
      return node_at (day, i);
  return NULL;
}

static void
start_node (Day *day, double after)
{
  const double failures = day->settings->failures;
  const Node node = { .number = day->next_number++,
    .since = day->now + after,
    .fails = failures > 0 ? day->now + after + draw_time (day, failures * 3600) : G_MAXDOUBLE };

  g_array_append_val (day->nodes, node);
}

/* The one with the fewest sessions that has room; NULL where none has. */
static Node *
choose_node (Day *day)
{
  const guint capacity = day->table->capacity * day->settings->cores;
  Node *chosen = NULL;

  for (guint i = 0; i < day->nodes->len; i++) {
    Node *node = node_at (day, i);

    if (node->state == READY && node->sessions < capacity &&
        (chosen == NULL || node->sessions < chosen->sessions))
      chosen = node;
  }
  return chosen;
}

/* A node is gone: its sessions go to others, where there is room. */
static void
remove_node (Day *day, guint i)
{
  const guint number = node_at (day, i)->number;
  guint left = node_at (day, i)->sessions;

  g_array_remove_index_fast (day->nodes, i);
  for (guint s = 0; s < day->sessions->len && left > 0; s++) {
    Session *session = session_at (day, s);
    Node *node;

    if (session->node != number)
      continue;
    left--;
    node = choose_node (day);
    session->node = node != NULL ? node->number : G_MAXUINT;
    if (node != NULL)
      node->sessions++;
    day->figures->moved += node != NULL;
    day->figures->lost += node == NULL;
    day->refused += node == NULL;
  }
}

/* Those that have started serve, those that are empty or overdue go, and some fail. */
static void
change_nodes (Day *day)
{
  for (guint i = 0; i < day->nodes->len; i++) {
    Node *node = node_at (day, i);

    if (node->state == STARTING && node->since <= day->now)
      node->state = READY;
    if (node->fails <= day->now ||
        (node->state == LEAVING && (node->sessions == 0 || node->since + DRAINING <= day->now)))
      remove_node (day, i--);
  }
}

/* --- the policy --- */

static void
stop_nodes (Day *day, guint n)
{
  for (; n > 0; n--) {
    Node *least = NULL;

    for (guint i = 0; i < day->nodes->len; i++) {
      Node *node = node_at (day, i);

      if (node->state == READY && (least == NULL || node->sessions < least->sessions))
        least = node;
    }
    if (least == NULL)
      return;
    least->state = LEAVING;
    least->since = day->now;
  }
}

/* How all nodes fare between two looks. */
static GenScaleLook
look_at_nodes (Day *day)
{
  GenScaleLook look = { .now = (gint64)(day->now * G_USEC_PER_SEC), .refused = day->refused };
  DayFigures *figures = day->figures;

  for (guint i = 0; i < day->nodes->len; i++) {
    const Node *node = node_at (day, i);
    const double frames = node->sessions * day->rate * LOOK;
    CoreFigures core;

    look.starting += node->state == STARTING;
    if (node->state == STARTING)
      continue;
    core = core_table_look_up (day->table, (double)node->sessions / day->settings->cores);
    figures->frames += frames * (1 - core.dropped);
    figures->dropped += frames * core.dropped;
    for (guint k = 0; k < LATENCIES; k++)
      figures->latencies[k] += frames * (1 - core.dropped) * core.latencies[k];
    if (node->state != READY)
      continue;
    look.ready++;
    look.sessions += node->sessions;
    look.utilisation += core.utilisation;
    look.queue += core.queue * day->settings->cores;
  }
  look.utilisation /= MAX (look.ready, 1);
  return look;
}

static void
note (Day *day, const GenScaleLook *look, guint wanted)
{
  DayFigures *figures = day->figures;

  figures->node_hours += day->nodes->len * LOOK / 3600;
  figures->most_nodes = MAX (figures->most_nodes, day->nodes->len);
  figures->most_sessions = MAX (figures->most_sessions, day->sessions->len);
  day->hour.sessions += look->sessions;
  day->hour.nodes += look->ready;
  day->hour.wanted += wanted;
  day->hour.utilisation += look->utilisation;
  day->hour.refused += day->refused;
  if (++day->looks * LOOK < 3600)
    return;
  day->hour.sessions /= day->looks;
  day->hour.nodes /= day->looks;
  day->hour.wanted /= day->looks;
  day->hour.utilisation /= day->looks;
  g_array_append_val (figures->hourly, day->hour);
  day->hour = (Hour){ 0 };
  day->looks = 0;
}

static void
scale (Day *day)
{
  const GenScaleLook look = look_at_nodes (day);
  const guint wanted =
      day->settings->fixed > 0 ? day->settings->fixed : gen_scale_policy_want (&day->policy, &look);
  const guint there = look.ready + look.starting;

  note (day, &look, wanted);
  day->refused = 0;
  for (guint i = there; i < wanted; i++)
    start_node (day, (double)day->settings->scale.start_up / G_USEC_PER_SEC);
  if (wanted < there && look.starting == 0)
    stop_nodes (day, there - wanted);
}

/* --- sessions --- */

/* A part of the busiest time's: least at four in the morning, most at eight in the evening. */
static double
day_curve (double seconds)
{
  const double hour = fmod (seconds / 3600, 24);
  const double evening = exp (-pow ((hour - 20) / 3, 2)), noon = exp (-pow ((hour - 12.5) / 4, 2));

  return fmin (0.1 + 0.9 * evening + 0.5 * noon, 1);
}

static void
arrive (Day *day)
{
  const double tail = day->settings->tail;
  const double least = day->settings->length * (tail - 1) / tail;
  const double length = fmin (least * pow (1 - g_rand_double (day->rand), -1 / tail), LONGEST);
  Node *node = choose_node (day);

  day->figures->arrived++;
  if (node == NULL) {
    day->figures->refused++;
    day->refused++;
    return;
  }
  node->sessions++;
  push_session (day, (Session){ day->now + length, node->number });
}

static void
depart (Day *day)
{
  const Session session = pop_session (day);
  Node *node = find_node (day, session.node);

  if (node == NULL)
    return; /* lost before */
  node->sessions--;
  day->figures->finished++;
}

/* All that comes and goes until `end`. Who comes at the busiest rate is turned away where the curve
 * is lower. */
static void
pass (Day *day, double end)
{
  const double busiest = day->settings->sessions / day->settings->length;

  for (;;) {
    const double next = day->now + draw_time (day, 1 / busiest);

    while (day->sessions->len > 0 && session_at (day, 0)->end <= MIN (next, end))
      depart (day);
    if (next > end)
      break;
    day->now = next;
    if (g_rand_double (day->rand) < day_curve (day->now))
      arrive (day);
  }
  day->now = end;
}

void
simulate_day (const CoreTable *table, double rate, const DaySettings *settings, DayFigures *figures)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32)settings->seed);
  g_autoptr (GArray) nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  g_autoptr (GArray) sessions = g_array_new (FALSE, FALSE, sizeof (Session));
  Day day = { .table = table,
    .settings = settings,
    .rate = rate,
    .rand = rand,
    .nodes = nodes,
    .sessions = sessions,
    .figures = figures };

  *figures = (DayFigures){ .hourly = g_array_new (FALSE, FALSE, sizeof (Hour)) };
  gen_scale_policy_init (&day.policy, &settings->scale);
  for (guint i = 0; i < MAX (settings->fixed, settings->scale.least); i++)
    start_node (&day, 0);
  change_nodes (&day);
  for (double end = LOOK; end <= settings->hours * 3600; end += LOOK) {
    pass (&day, end);
    change_nodes (&day);
    scale (&day);
  }
  for (guint i = 0; i < nodes->len; i++)
    figures->there += node_at (&day, i)->sessions;
}
