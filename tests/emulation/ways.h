/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways of a library that are as good as each other: what is chosen, and when, is what matters. */
#pragma once

#include "../../lib/device/cuda/choose.h"
#include "../../lib/device/cuda/trial.h"

void emulation_submit (cudaStream_t stream, std::function<void ()> work);

class EmulatedWays : public GenCudaWays
{
  std::vector<std::string> names;
  GenCudaTrial trial;

public:
  explicit EmulatedWays (const GenCudaDevice *device) : trial (device)
  {
  }
  gboolean recall (const char *name) override
  {
    names = { name };
    return names[0] == "plain" || names[0] == "same";
  }
  int propose (int most) override
  {
    names = { "plain", "same" };
    return most < 2 ? most : 2;
  }
  std::string name (int way) override
  {
    return names[way];
  }
  gboolean begin () override
  {
    trial.take (1);
    return trial.is_complete ();
  }
  gboolean run (int) override
  {
    return TRUE;
  }
};
