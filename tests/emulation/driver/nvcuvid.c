/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libnvcuvid.so.1 that decodes nothing: GStreamer's plugin has its other elements, cudaupload and
 * cudadownload among them, only where it finds one. */
#include "missing.h"

MISSING (cuvidCreateDecoder)
MISSING (cuvidCreateVideoParser)
MISSING (cuvidCtxLock)
MISSING (cuvidCtxLockCreate)
MISSING (cuvidCtxLockDestroy)
MISSING (cuvidCtxUnlock)
MISSING (cuvidDecodePicture)
MISSING (cuvidDestroyDecoder)
MISSING (cuvidDestroyVideoParser)
MISSING (cuvidGetDecoderCaps)
MISSING (cuvidMapVideoFrame)
MISSING (cuvidMapVideoFrame64)
MISSING (cuvidParseVideoData)
MISSING (cuvidUnmapVideoFrame)
MISSING (cuvidUnmapVideoFrame64)
