/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libnccl.so.2 for machines without GPUs: processes of one machine that emulate one each
 * (GEN_CUDA_MODULE) sum through memory that they share, in the order of their ranks. As NCCL does,
 * it puts a sum into a stream or what is captured of it, refuses two ranks on one device, and finds
 * out while others wait that one of them is gone.
 *
 * GEN_EMULATION_NCCL in the environment: "old" is a version that is too old, "init" one whose ranks
 * do not find each other, "lost" one that loses the others in its third sum. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MOST 16         /* ranks */
#define CHUNK (1 << 15) /* numbers of a rank that are in shared memory at a time */
#define VERSION 22703

enum { SUCCESS = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5, REMOTE_ERROR = 6 };
enum { FLOAT32 = 7 };
enum { SUM = 0 };

typedef struct {
  char name[128];
} Id;

typedef struct {
  _Atomic int process;    /* 0: it has not come; -1: it has left */
  _Atomic unsigned round; /* meetings that it has come to */
  int device;
  size_t asked; /* numbers of its sum */
  float numbers[CHUNK];
} Rank;

typedef struct Work Work;

typedef struct Communicator {
  Rank *ranks; /* shared */
  int rank, n;
  unsigned round;
  int sums; /* so far */
  _Atomic int failed;
  void *module; /* the device's */
  Work *works;  /* all: a graph may run them again */
} Communicator;

struct Work {
  Communicator *communicator;
  const float *from;
  float *to;
  size_t n;
  Work *next;
};

/* A function that is there to be found. */
#define ENTRY(type, name, ...)                                                                     \
  type name (__VA_ARGS__);                                                                         \
  type name (__VA_ARGS__)

static int
is_told (const char *fault)
{
  const char *told = getenv ("GEN_EMULATION_NCCL");

  return told != NULL && strcmp (told, fault) == 0;
}

static void
pause_shortly (void)
{
  nanosleep (&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

/* --- meetings --- */

static int
is_gone (const Rank *rank)
{
  const int process = rank->process;

  return process == -1 || (process != 0 && kill (process, 0) != 0 && errno == ESRCH);
}

/* Wait until all have come as often; 0 where one is gone. */
static int
meet (Communicator *c)
{
  c->ranks[c->rank].round = ++c->round;
  for (int i = 0; i < c->n; i++)
    while ((int)(c->ranks[i].round - c->round) < 0) {
      if (is_gone (&c->ranks[i]) || c->failed != SUCCESS)
        return 0;
      pause_shortly ();
    }
  return 1;
}

static int
sum_chunk (Communicator *c, const float *from, float *to, size_t n)
{
  memcpy (c->ranks[c->rank].numbers, from, n * sizeof *from);
  c->ranks[c->rank].asked = n;
  if (!meet (c))
    return REMOTE_ERROR;
  for (int r = 0; r < c->n; r++)
    if (c->ranks[r].asked != n)
      return INVALID_USAGE;
  for (size_t i = 0; i < n; i++) {
    float sum = c->ranks[0].numbers[i];

    for (int r = 1; r < c->n; r++)
      sum += c->ranks[r].numbers[i];
    to[i] = sum;
  }
  return meet (c) ? SUCCESS : REMOTE_ERROR;
}

static void
run (void *data)
{
  const Work *work = data;
  Communicator *c = work->communicator;

  if (is_told ("lost") && ++c->sums == 3)
    c->failed = REMOTE_ERROR;
  for (size_t at = 0; at < work->n && c->failed == SUCCESS; at += CHUNK)
    c->failed =
        sum_chunk (c, work->from + at, work->to + at, work->n - at < CHUNK ? work->n - at : CHUNK);
}

/* --- what is called --- */

ENTRY (int, ncclGetVersion, int *version)
{
  *version = is_told ("old") ? 21307 : VERSION;
  return SUCCESS;
}

ENTRY (const char *, ncclGetErrorString, int status)
{
  return status == REMOTE_ERROR    ? "remote process exited or there was a network error"
         : status == INVALID_USAGE ? "invalid usage"
         : status == SYSTEM_ERROR  ? "unhandled system error"
                                   : "an error";
}

ENTRY (const char *, ncclGetLastError, Communicator *communicator)
{
  return "emulated";
}

static Rank *
map (const char *name, int flags)
{
  const int file = shm_open (name, O_RDWR | flags, 0600);
  void *memory;

  if (file < 0)
    return NULL;
  if (ftruncate (file, MOST * sizeof (Rank)) != 0) {
    close (file);
    return NULL;
  }
  memory = mmap (NULL, MOST * sizeof (Rank), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close (file);
  return memory != MAP_FAILED ? memory : NULL;
}

ENTRY (int, ncclGetUniqueId, Id *id)
{
  Rank *ranks;

  memset (id, 0, sizeof *id);
  snprintf (id->name, sizeof id->name, "/emulated-nccl-%d-%ld", getpid (), random ());
  ranks = map (id->name, O_CREAT | O_EXCL);
  if (ranks == NULL)
    return SYSTEM_ERROR;
  munmap (ranks, MOST * sizeof (Rank));
  return SUCCESS;
}

static void
leave (Communicator *communicator)
{
  if (communicator->ranks != NULL) {
    communicator->ranks[communicator->rank].process = -1;
    munmap (communicator->ranks, MOST * sizeof (Rank));
  }
  if (communicator->module != NULL)
    dlclose (communicator->module);
  while (communicator->works != NULL) {
    Work *work = communicator->works;

    communicator->works = work->next;
    free (work);
  }
  free (communicator);
}

static int
find_device (const Communicator *communicator, int *device)
{
  int (*get_device) (int *) = NULL;

  *(void **)&get_device = dlsym (communicator->module, "cudaGetDevice");
  return get_device != NULL && get_device (device) == 0;
}

/* All have come, each with a device of its own. */
static int
join (Communicator *c)
{
  Rank *own = &c->ranks[c->rank];

  if (!find_device (c, &own->device))
    return INVALID_USAGE;
  own->process = getpid ();
  if (!meet (c))
    return REMOTE_ERROR;
  for (int i = 0; i < c->n; i++)
    for (int k = 0; k < i; k++)
      if (c->ranks[i].device == c->ranks[k].device)
        return INVALID_USAGE;
  return SUCCESS;
}

ENTRY (int, ncclCommInitRank, Communicator **communicator, int n, Id id, int rank)
{
  Communicator *c;
  int status;

  if (n > MOST)
    return INVALID_ARGUMENT;
  if (is_told ("init")) {
    shm_unlink (id.name);
    return SYSTEM_ERROR;
  }
  c = calloc (1, sizeof *c);
  c->ranks = map (id.name, 0);
  c->module = dlopen (getenv ("GEN_CUDA_MODULE"), RTLD_LAZY | RTLD_NOLOAD);
  c->rank = rank;
  c->n = n;
  status = c->ranks != NULL && c->module != NULL ? join (c) : SYSTEM_ERROR;
  if (rank == 0)
    shm_unlink (id.name);
  if (status == SUCCESS)
    *communicator = c;
  else
    leave (c);
  return status;
}

ENTRY (int, ncclAllReduce, const void *from, void *to, size_t n, int type, int operation,
    Communicator *communicator, void *stream)
{
  int (*launch) (void *stream, void (*function) (void *), void *data) = NULL;
  Work *work;

  if (type != FLOAT32 || operation != SUM)
    return INVALID_ARGUMENT;
  *(void **)&launch = dlsym (communicator->module, "cudaLaunchHostFunc");
  work = malloc (sizeof *work);
  *work = (Work){ communicator, from, to, n, communicator->works };
  communicator->works = work;
  return launch (stream, run, work) == 0 ? SUCCESS : INVALID_USAGE;
}

ENTRY (int, ncclCommGetAsyncError, Communicator *communicator, int *status)
{
  *status = communicator->failed;
  return SUCCESS;
}

ENTRY (int, ncclCommDestroy, Communicator *communicator)
{
  leave (communicator);
  return SUCCESS;
}

ENTRY (int, ncclCommAbort, Communicator *communicator)
{
  leave (communicator);
  return SUCCESS;
}
