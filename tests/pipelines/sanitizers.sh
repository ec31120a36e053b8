# SPDX-License-Identifier: LGPL-2.1-or-later
# What harness.sh does where the build has a sanitizer: programs of others that load its plugin take the
# sanitizer along, and what ours leak or race for ends them with a status that tests see.
#   ASAN_OPTIONS, LSAN_OPTIONS, UBSAN_OPTIONS   (environment) go on behind what stands here
sanitizer=$(ldd "$build/lib/libgenerative.so" 2>/dev/null | sed -n 's|^.* => \(.*/lib[at]san\.so[^ ]*\) .*|\1|p')
if [ -n "$sanitizer" ]; then
    # A plugin built so loads only into a process that was, too: no scanner process.
    export GST_REGISTRY_FORK=no
    # More frames tell what GStreamer leaves behind from what is ours.
    export ASAN_OPTIONS="fast_unwind_on_malloc=0:malloc_context_size=20:intercept_tls_get_addr=0:${ASAN_OPTIONS:-}"
    export LSAN_OPTIONS="suppressions=$top/tests/leaks.supp:print_suppressions=0:${LSAN_OPTIONS:-}"
    export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS:-}"
    # The sanitizer finds exceptions of libraries that come later only where C++'s own is there from the beginning.
    preload="$sanitizer $(ldconfig -p | sed -n 's|^.* => \(.*/libstdc++\.so\.6\)$|\1|p' | head -n 1)"
    mkdir "$work/sanitized"
    for program in gst-launch-1.0 gst-inspect-1.0; do
        cat >"$work/sanitized/$program" <<END
#!/bin/sh
ASAN_OPTIONS="\$ASAN_OPTIONS:detect_leaks=0" LD_PRELOAD="$preload" exec $(command -v $program) "\$@"
END
        chmod +x "$work/sanitized/$program"
    done
    PATH="$work/sanitized:$PATH"
    # All takes several times as long.
    patience=180
fi
