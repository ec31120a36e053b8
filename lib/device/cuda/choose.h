/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a library's algorithms solves a problem: the one that was the fastest on such a device
 * before, or is now, or the library's own favourite, as the plan's options want it. */
#pragma once

#include <string>

#include "convolution.h"

/* A library's ways to solve one problem, by number. */
class GenCudaWays
{
public:
  virtual ~GenCudaWays ()
  {
  }
  /* Make way 0 of what name () has once given, without trying it; FALSE: it is of no use. */
  virtual gboolean recall (const char *name) = 0;
  /* Make `most` of those that the library proposes, its favourite the first; returns how many. */
  virtual int propose (int most) = 0;
  /* All that it takes to make the way again. */
  virtual std::string name (int way) = 0;
  /* Take memory to try them on; FALSE: there is too little. */
  virtual gboolean begin () = 0;
  /* Do it, on the device's stream; FALSE: the way cannot. */
  virtual gboolean run (int way) = 0;
};

/* The number of the way to take, -1 where there is none. `problem` has all that speed hangs on. */
int gen_cuda_choose (const GenCudaDevice *device, const std::string &problem, GenCudaWays *ways);

/* Problems in a line. */
std::string gen_cuda_product_problem (const GenCudaProduct *product);
std::string gen_cuda_convolution_problem (const GenCudaConvolution *convolution);

/* What is remembered of the device and its libraries from now on, as the options want it; written
 * when it is closed. */
void gen_cuda_choices_open (GenCudaDevice *device, const GenPlanOptions *options);
void gen_cuda_choices_close (GenCudaDevice *device);
