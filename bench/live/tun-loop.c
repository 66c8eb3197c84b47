/*
 * The least that can be done between the TUNs that `netemu run` makes: wait, read until nothing is left
 * (in the same batches), write. What netemu costs beyond this is netemu.
 *
 *     tun-loop INSIDE_FD OUTSIDE_FD
 *
 * Where both have virtio-net headers, super-packets cross whole: a header goes out as it came in.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* As src/tun/forwarder.ts and src/tun/live-loop.ts have them; of one frame a turn it is no faster. */
enum { BATCH_FRAMES = 32, DRAIN_BATCHES = 4 };
enum { HEADER_BYTES = 10, PACKET_BYTES_MAX = 65535, SECONDS_MAX = 600, LANES = 2 };

static uint8_t frames[BATCH_FRAMES][65664];
static ssize_t lengths[BATCH_FRAMES];

static int turn(int from, int to) {
  int count = 0;
  while (count < BATCH_FRAMES) {
    lengths[count] = read(from, frames[count], HEADER_BYTES + PACKET_BYTES_MAX);
    if (lengths[count] <= 0) break;
    count++;
  }
  for (int i = 0; i < count; i++) {
    if (write(to, frames[i], lengths[i]) < 0) continue;
  }
  return count;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fputs("tun-loop INSIDE_FD OUTSIDE_FD\n", stderr);
    return 2;
  }
  /* The launcher may be killed, and these fds keep the TUNs alive. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(SECONDS_MAX);
  struct pollfd lanes[LANES] = {
      {.fd = atoi(arguments[1]), .events = POLLIN},
      {.fd = atoi(arguments[2]), .events = POLLIN},
  };
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (poll(lanes, LANES, -1) < 0) continue;
    for (int lane = 0; lane < LANES; lane++) {
      if (!lanes[lane].revents) continue;
      int from = lanes[lane].fd, to = lanes[1 - lane].fd;
      for (int i = 0; i < DRAIN_BATCHES && turn(from, to) == BATCH_FRAMES; i++) {
      }
    }
  }
}
