/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The runtime of emulation.h. Device memory is the process' own, filled with a pattern when it is
 * taken so that what was never written shows. A block's threads are contexts with stacks of their
 * own, but a context runs thread after thread until one has to wait: kernels whose threads do not
 * meet cost function calls. Streams do what they have when somebody waits. Where a driver has been
 * loaded (driver/), a stream is used in the context in which it was made, or not at all. */
#include "emulation.h"

#include <dlfcn.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

/* Small: the address sanitizer clears what it knows of a whole stack at each change. */
#define STACK_SIZE (64 * 1024)
#define WARP 32

thread_local uint3 threadIdx, blockIdx;
thread_local dim3 blockDim, gridDim;

namespace
{

struct Meeting {
  int arrived = 0;
  unsigned round = 0;
};

struct Fiber {
  ucontext_t context; /* to begin with */
  jmp_buf place;      /* where it has left off */
  bool begun;
  std::unique_ptr<char[]> stack;
  int thread; /* it runs, or waits in; -1 when it is idle */
  const Meeting *meeting;
  unsigned round; /* that it waits for the end of */

  bool may_go_on () const
  {
    return thread >= 0 && meeting->round != round;
  }
};

struct Block {
  const std::function<void ()> *body;
  int n_threads, next; /* to be started */
  int finished;
  std::vector<std::unique_ptr<Fiber> > fibers;
  std::vector<Fiber *> idle;
  Fiber *current;
  jmp_buf scheduler;
  Meeting all;
  std::vector<Meeting> warps;
  std::vector<char> exchange; /* 16 bytes a thread */
};

thread_local Block *block;
std::mutex device; /* one kernel at a time: variables in shared memory are static */

void
set_thread (int thread)
{
  threadIdx.x = thread % blockDim.x;
  threadIdx.y = thread / blockDim.x % blockDim.y;
  threadIdx.z = thread / (blockDim.x * blockDim.y);
}

/* Back to the scheduler, until it enters the fiber again. A context is only used to begin: changing
 * it goes through the kernel each time. */
void
leave (Fiber *fiber)
{
  if (_setjmp (fiber->place) == 0)
    _longjmp (block->scheduler, 1);
}

void
fiber_main ()
{
  Fiber *fiber = block->current;

  for (;;) {
    while (block->next < block->n_threads) {
      fiber->thread = block->next++;
      set_thread (fiber->thread);
      (*block->body) ();
      block->finished++;
    }
    fiber->thread = -1;
    block->idle.push_back (fiber);
    leave (fiber);
  }
}

void
enter (Fiber *fiber)
{
  block->current = fiber;
  if (fiber->thread >= 0)
    set_thread (fiber->thread);
  if (_setjmp (block->scheduler) != 0)
    return;
  if (fiber->begun)
    _longjmp (fiber->place, 1);
  fiber->begun = true;
  setcontext (&fiber->context);
}

Fiber *
idle_fiber ()
{
  if (!block->idle.empty ()) {
    Fiber *last = block->idle.back ();

    block->idle.pop_back ();
    return last;
  }
  auto fiber = std::make_unique<Fiber> ();
  fiber->stack.reset (new char[STACK_SIZE]);
  fiber->thread = -1;
  getcontext (&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack.get ();
  fiber->context.uc_stack.ss_size = STACK_SIZE;
  fiber->context.uc_link = nullptr;
  makecontext (&fiber->context, fiber_main, 0);
  block->fibers.push_back (std::move (fiber));
  return block->fibers.back ().get ();
}

void
run_block ()
{
  block->next = block->finished = 0;
  block->all = Meeting ();
  block->warps.assign ((block->n_threads + WARP - 1) / WARP, Meeting ());
  while (block->finished < block->n_threads) {
    for (int i = 0; i < WARP && block->next < block->n_threads; i++)
      enter (idle_fiber ());
    for (auto &fiber : block->fibers)
      if (fiber->may_go_on ())
        enter (fiber.get ());
  }
}

/* Wait until `expected` threads have come. */
void
meet (Meeting *meeting, int expected)
{
  Fiber *fiber = block->current;

  fiber->meeting = meeting;
  fiber->round = meeting->round;
  if (++meeting->arrived < expected)
    return leave (fiber);
  meeting->arrived = 0;
  meeting->round++;
}

void
run_kernel (dim3 grid, dim3 threads, const std::function<void ()> &body)
{
  std::lock_guard<std::mutex> lock (device);
  Block state{};

  state.body = &body;
  state.n_threads = threads.x * threads.y * threads.z;
  state.exchange.resize (16 * state.n_threads);
  block = &state;
  gridDim = grid;
  blockDim = threads;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = { x, y, z };
        run_block ();
      }
  block = nullptr;
}

} /* namespace */

/* A part of what a graph does: work, or, of `branch` from 0 on, waiting for what it has before
 * `place`. */
struct Item {
  std::function<void ()> work;
  int branch;
  size_t place;
};

/* What is captured: of the stream where that began, and of each that has waited for one of them. A
 * branch runs when it is waited for, as a stream does, which is as late as it can be. */
struct CUgraph_st {
  std::vector<std::vector<Item> > branches;
  std::vector<size_t> awaited; /* of each, how much of it is waited for */
  std::vector<cudaStream_t> streams;
};

struct CUgraphExec_st {
  std::vector<std::vector<Item> > branches;
  std::vector<size_t> done;
};

/* What is submitted waits here until somebody waits for it: whoever forgets to finds that nothing
 * has been done. Threads that wait for a stream take turns. */
struct CUstream_st {
  CUgraph_st *capture = nullptr;
  int branch = 0; /* of what is captured */
  void *context = nullptr;
  std::recursive_mutex running;
  std::mutex lock; /* of what follows */
  std::deque<std::function<void ()> > work;
  unsigned long submitted = 0, done = 0;
};

/* A place in a stream; without one the event has happened. */
struct CUevent_st {
  std::chrono::steady_clock::time_point at;
  CUstream_st *stream = nullptr;
  unsigned long place = 0;
  CUgraph_st *capture = nullptr; /* that it was recorded in, as a place in the stream's branch */
  cudaStream_t drivers = nullptr; /* one that was made by the driver's own functions */
};

/* What there is of each kind, for tests that look for leaks; and how many events there have been,
 * without which nothing is measured. */
static struct {
  std::atomic<long> bytes, allocations, pinned, streams, graphs, events, events_made;
} counts;

static std::mutex memory_lock;
static std::map<void *, size_t> *sizes; /* of device memory; NULL where there is none */
static std::set<cudaStream_t> *streams; /* that were made here; likewise */

/* What the device has, or less by the environment. */
static size_t
device_memory ()
{
  const char *given = getenv ("GEN_EMULATION_MEMORY");

  return given != nullptr ? strtoull (given, nullptr, 10) : (size_t)4 << 30;
}

static int
device_count ()
{
  const char *given = getenv ("GEN_EMULATION_DEVICES");

  return given != nullptr ? atoi (given) : 1;
}

static void *
take_aligned (size_t size)
{
  void *memory = aligned_alloc (256, (size + 255) & ~(size_t)255);

  if (memory != nullptr)
    memset (memory, 0xff, size);
  return memory;
}

static thread_local cudaError_t last_error;
static thread_local int current_device;

/* A function of the driver, where one has been loaded. */
static void *
find_driver (const char *name)
{
  void *library = dlopen ("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD), *found = nullptr;

  if (library != nullptr) {
    found = dlsym (library, name);
    dlclose (library);
  }
  return found;
}

static void *
current_context ()
{
  auto get = (int (*) (void **))find_driver ("cuCtxGetCurrent");
  void *context = nullptr;

  if (get != nullptr)
    get (&context);
  return context;
}

static cudaError_t
check_stream (cudaStream_t stream)
{
  if (stream == nullptr || stream->context == current_context ())
    return cudaSuccess;
  return last_error = cudaErrorInvalidResourceHandle;
}

static bool
is_drivers (cudaStream_t stream)
{
  std::lock_guard<std::mutex> guard (memory_lock);

  return stream != nullptr && (streams == nullptr || streams->count (stream) == 0);
}

/* Do what the stream has before `place`. */
static void
run_until (CUstream_st *stream, unsigned long place)
{
  std::lock_guard<std::recursive_mutex> turn (stream->running);

  for (;;) {
    std::function<void ()> work;
    {
      std::lock_guard<std::mutex> guard (stream->lock);

      if (stream->done >= place || stream->work.empty ())
        return;
      work = std::move (stream->work.front ());
      stream->work.pop_front ();
    }
    work ();
    std::lock_guard<std::mutex> guard (stream->lock);
    stream->done++;
  }
}

/* Do it when the stream is waited for, or the graph that is being captured runs. */
static cudaError_t
submit (cudaStream_t stream, std::function<void ()> work)
{
  if (check_stream (stream) != cudaSuccess)
    return last_error;
  if (stream == nullptr) {
    work ();
    return cudaSuccess;
  }
  if (stream->capture != nullptr) {
    stream->capture->branches[stream->branch].push_back ({ std::move (work), -1, 0 });
    return cudaSuccess;
  }
  std::lock_guard<std::mutex> guard (stream->lock);
  stream->work.push_back (std::move (work));
  stream->submitted++;
  return cudaSuccess;
}

/* Have the stream be captured, too, from here on. */
static void
join_capture (CUstream_st *stream, CUgraph_st *capture)
{
  stream->capture = capture;
  stream->branch = (int)capture->branches.size ();
  capture->branches.emplace_back ();
  capture->awaited.push_back (0);
  capture->streams.push_back (stream);
}

static cudaError_t
wait_in_capture (CUstream_st *stream, const CUevent_st *event)
{
  CUgraph_st *capture = event->capture;
  const int branch = event->stream->branch;

  if (stream->capture == nullptr)
    join_capture (stream, capture);
  if (stream->capture != capture || event->stream->capture != capture)
    return last_error = cudaErrorStreamCaptureIsolation;
  capture->branches[stream->branch].push_back ({ nullptr, branch, event->place });
  capture->awaited[branch] = std::max (capture->awaited[branch], (size_t)event->place);
  return cudaSuccess;
}

/* Do what a branch has before `place`. */
static void
run_branch (CUgraphExec_st *exec, int branch, size_t place)
{
  while (exec->done[branch] < place) {
    const Item &item = exec->branches[branch][exec->done[branch]++];

    if (item.branch >= 0)
      run_branch (exec, item.branch, item.place);
    else
      item.work ();
  }
}

void
emulation_launch (dim3 grid, dim3 threads, cudaStream_t stream, std::function<void ()> body)
{
  submit (stream, [=] { run_kernel (grid, threads, body); });
}

void
emulation_submit (cudaStream_t stream, std::function<void ()> work)
{
  submit (stream, std::move (work));
}

void
__syncthreads ()
{
  meet (&block->all, block->n_threads);
}

void
emulation_exchange (void *value, size_t size, int lane)
{
  int thread = block->current->thread, first = thread / WARP * WARP;
  int count = block->n_threads - first < WARP ? block->n_threads - first : WARP;
  Meeting *meeting = &block->warps[thread / WARP];

  memcpy (&block->exchange[16 * thread], value, size);
  meet (meeting, count);
  memcpy (value, &block->exchange[16 * (first + (lane < count ? lane : thread - first))], size);
  meet (meeting, count);
}

void
emulation_gather (const void *value, size_t size, void *all)
{
  int thread = block->current->thread, first = thread / WARP * WARP;
  int count = block->n_threads - first < WARP ? block->n_threads - first : WARP;
  Meeting *meeting = &block->warps[thread / WARP];

  memcpy (&block->exchange[16 * thread], value, size);
  meet (meeting, count);
  memcpy (all, &block->exchange[16 * first], 16 * count);
  meet (meeting, count);
}

/* --- the runtime --- */

extern "C" {

/* For tests, which look this up; -1 for what is not counted. */
long
emulation_count (const char *what)
{
  const struct {
    const char *name;
    long count;
  } all[] = { { "bytes", counts.bytes }, { "allocations", counts.allocations },
    { "pinned", counts.pinned }, { "streams", counts.streams }, { "graphs", counts.graphs },
    { "events", counts.events }, { "events made", counts.events_made } };

  for (const auto &each : all)
    if (strcmp (each.name, what) == 0)
      return each.count;
  return -1;
}

cudaError_t
cudaGetDeviceCount (int *count)
{
  if (getenv ("GEN_EMULATION_DRIVER") != nullptr)
    return cudaErrorInsufficientDriver;
  *count = device_count ();
  return cudaSuccess;
}

cudaError_t
cudaSetDevice (int number)
{
  if (number < 0 || number >= device_count ())
    return last_error = cudaErrorInvalidDevice;
  current_device = number;
  return cudaSuccess;
}

cudaError_t
cudaGetDevice (int *number)
{
  *number = current_device;
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetPCIBusId (char *name, int size, int number)
{
  snprintf (name, (size_t)size, "0000:%02x:00.0", number + 1);
  return cudaSuccess;
}

cudaError_t
cudaGetDeviceProperties (cudaDeviceProp *properties, int)
{
  memset (properties, 0, sizeof *properties);
  strcpy (properties->name, "emulation");
  properties->major = 9;
  properties->multiProcessorCount = 2;
  properties->totalGlobalMem = device_memory ();
  return cudaSuccess;
}

cudaError_t
cudaDriverGetVersion (int *version)
{
  const char *given = getenv ("GEN_EMULATION_DRIVER");

  *version = given != nullptr ? atoi (given) : CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaRuntimeGetVersion (int *version)
{
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t
cudaMemGetInfo (size_t *available, size_t *total)
{
  *total = device_memory ();
  *available = *total - (size_t)counts.bytes;
  return cudaSuccess;
}

cudaError_t
cudaMalloc (void **memory, size_t size)
{
  std::lock_guard<std::mutex> guard (memory_lock);

  *memory = size + counts.bytes > device_memory () ? nullptr : take_aligned (size);
  if (*memory == nullptr)
    return cudaErrorMemoryAllocation;
  if (sizes == nullptr)
    sizes = new std::map<void *, size_t> ();
  (*sizes)[*memory] = size;
  counts.bytes += (long)size;
  counts.allocations++;
  return cudaSuccess;
}

cudaError_t
cudaFree (void *memory)
{
  std::lock_guard<std::mutex> guard (memory_lock);

  if (memory == nullptr)
    return cudaSuccess;
  if (sizes == nullptr || sizes->count (memory) == 0)
    return cudaErrorInvalidValue;
  counts.bytes -= (long)(*sizes)[memory];
  counts.allocations--;
  sizes->erase (memory);
  if (sizes->empty ()) {
    delete sizes;
    sizes = nullptr;
  }
  free (memory);
  return cudaSuccess;
}

cudaError_t
cudaHostAlloc (void **memory, size_t size, unsigned)
{
  *memory = take_aligned (size);
  if (*memory == nullptr)
    return cudaErrorMemoryAllocation;
  counts.pinned++;
  return cudaSuccess;
}

cudaError_t
cudaFreeHost (void *memory)
{
  if (memory != nullptr)
    counts.pinned--;
  free (memory);
  return cudaSuccess;
}

cudaError_t
cudaMemcpy (void *to, const void *from, size_t size, cudaMemcpyKind)
{
  memcpy (to, from, size);
  return cudaSuccess;
}

cudaError_t
cudaMemcpyAsync (void *to, const void *from, size_t size, cudaMemcpyKind, cudaStream_t stream)
{
  return submit (stream, [=] { memcpy (to, from, size); });
}

cudaError_t
cudaMemcpy2DAsync (void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
    size_t height, cudaMemcpyKind, cudaStream_t stream)
{
  return submit (stream, [=] {
    for (size_t y = 0; y < height; y++)
      memcpy ((char *)to + y * to_pitch, (const char *)from + y * from_pitch, width);
  });
}

cudaError_t
cudaMemset (void *memory, int value, size_t size)
{
  memset (memory, value, size);
  return cudaSuccess;
}

cudaError_t
cudaMemsetAsync (void *memory, int value, size_t size, cudaStream_t stream)
{
  return submit (stream, [=] { memset (memory, value, size); });
}

cudaError_t
cudaLaunchHostFunc (cudaStream_t stream, cudaHostFn_t function, void *data)
{
  return submit (stream, [=] { function (data); });
}

cudaError_t
cudaStreamCreateWithFlags (cudaStream_t *stream, unsigned)
{
  *stream = new CUstream_st;
  (*stream)->context = current_context ();
  std::lock_guard<std::mutex> guard (memory_lock);
  if (streams == nullptr)
    streams = new std::set<cudaStream_t>;
  streams->insert (*stream);
  counts.streams++;
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetStreamPriorityRange (int *least, int *greatest)
{
  *least = *greatest = 0;
  return cudaSuccess;
}

cudaError_t
cudaStreamCreateWithPriority (cudaStream_t *stream, unsigned flags, int)
{
  return cudaStreamCreateWithFlags (stream, flags);
}

cudaError_t
cudaStreamDestroy (cudaStream_t stream)
{
  if (check_stream (stream) != cudaSuccess)
    return last_error;
  run_until (stream, ULONG_MAX);
  std::lock_guard<std::mutex> guard (memory_lock);
  streams->erase (stream);
  if (streams->empty ()) {
    delete streams;
    streams = nullptr;
  }
  delete stream;
  counts.streams--;
  return cudaSuccess;
}

cudaError_t
cudaStreamSynchronize (cudaStream_t stream)
{
  if (check_stream (stream) != cudaSuccess)
    return last_error;
  if (stream != nullptr)
    run_until (stream, ULONG_MAX);
  return cudaSuccess;
}

/* Whoever asks waits: nobody else would do it. */
cudaError_t
cudaStreamQuery (cudaStream_t stream)
{
  return cudaStreamSynchronize (stream);
}

/* A stream can be waited for from any context. */
cudaError_t
cudaStreamWaitEvent (cudaStream_t stream, cudaEvent_t event, unsigned)
{
  CUstream_st *other = event->stream, *drivers = event->drivers;
  auto finish = (int (*) (CUstream_st *))find_driver ("cuStreamSynchronize");
  unsigned long place = event->place;

  if (event->capture != nullptr)
    return wait_in_capture (stream, event);
  if (drivers != nullptr && finish != nullptr)
    return submit (stream, [=] { finish (drivers); });
  if (other == nullptr)
    return cudaSuccess;
  return submit (stream, [=] { run_until (other, place); });
}

cudaError_t
cudaStreamBeginCapture (cudaStream_t stream, cudaStreamCaptureMode)
{
  join_capture (stream, new CUgraph_st);
  counts.graphs++;
  return cudaSuccess;
}

/* All that has been captured has to be waited for by then. */
cudaError_t
cudaStreamEndCapture (cudaStream_t stream, cudaGraph_t *graph)
{
  CUgraph_st *capture = stream->capture;

  *graph = capture;
  for (cudaStream_t each : capture->streams)
    each->capture = nullptr;
  for (size_t i = 1; i < capture->branches.size (); i++)
    if (capture->awaited[i] < capture->branches[i].size ())
      return last_error = cudaErrorStreamCaptureUnjoined;
  return cudaSuccess;
}

cudaError_t
cudaGraphInstantiate (cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
  *exec = new CUgraphExec_st{ graph->branches, {} };
  counts.graphs++;
  return cudaSuccess;
}

cudaError_t
cudaGraphDestroy (cudaGraph_t graph)
{
  delete graph;
  counts.graphs--;
  return cudaSuccess;
}

cudaError_t
cudaGraphExecDestroy (cudaGraphExec_t exec)
{
  delete exec;
  counts.graphs--;
  return cudaSuccess;
}

cudaError_t
cudaGraphLaunch (cudaGraphExec_t exec, cudaStream_t stream)
{
  if (check_stream (stream) != cudaSuccess)
    return last_error;
  if (getenv ("GEN_EMULATION_LOST") != nullptr)
    return last_error = cudaErrorDevicesUnavailable;
  return submit (stream, [=] {
    exec->done.assign (exec->branches.size (), 0);
    run_branch (exec, 0, exec->branches[0].size ());
  });
}

cudaError_t
cudaEventCreateWithFlags (cudaEvent_t *event, unsigned)
{
  *event = new CUevent_st;
  counts.events++;
  counts.events_made++;
  return cudaSuccess;
}

cudaError_t
cudaEventDestroy (cudaEvent_t event)
{
  delete event;
  counts.events--;
  return cudaSuccess;
}

cudaError_t
cudaEventRecord (cudaEvent_t event, cudaStream_t stream)
{
  event->drivers = is_drivers (stream) ? stream : nullptr;
  if (event->drivers != nullptr) {
    event->stream = nullptr;
    return cudaSuccess;
  }
  if (submit (stream, [=] { event->at = std::chrono::steady_clock::now (); }) != cudaSuccess)
    return last_error;
  event->stream = stream;
  event->capture = stream != nullptr ? stream->capture : nullptr;
  event->place = stream == nullptr            ? 0
                 : stream->capture == nullptr ? stream->submitted
                                              : stream->capture->branches[stream->branch].size ();
  return cudaSuccess;
}

cudaError_t
cudaEventSynchronize (cudaEvent_t event)
{
  if (event->stream != nullptr)
    run_until (event->stream, event->place);
  return cudaSuccess;
}

cudaError_t
cudaEventElapsedTime (float *milliseconds, cudaEvent_t start, cudaEvent_t stop)
{
  *milliseconds = std::chrono::duration<float, std::milli> (stop->at - start->at).count ();
  return cudaSuccess;
}

cudaError_t
cudaGetLastError ()
{
  return std::exchange (last_error, cudaSuccess);
}

const char *
cudaGetErrorString (cudaError_t error)
{
  return error == cudaErrorMemoryAllocation        ? "out of memory"
         : error == cudaErrorDevicesUnavailable    ? "the device is not available"
         : error == cudaErrorInvalidResourceHandle ? "the stream is one of another context"
                                                   : "an error";
}

const char *
cudaGetErrorName (cudaError_t error)
{
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "cudaError";
}
}
