// TCP keepalive: how a connection finds out that the other host is gone.
#pragma once

#include "base/clock.h"

namespace tidemark::target {

/// Has the kernel probe the peer after `silence`, also where NOP-In is switched off. What a kernel
/// does not know of it is logged, and no reason to refuse a connection.
void keep_alive(int fd, Duration silence);

}  // namespace tidemark::target
