/* launch FILE COMMAND...: runs the command and writes "EXIT WALL CPU RSS" (seconds, seconds, kilobytes) to the file.

   The peak memory that the system tells of a process includes what its parent had when it forked, and a Python is larger
   than some of the searches that are measured; this program is small. */

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int count, char **words) {
  struct rusage used;
  int status;
  if (count < 3)
    return 2;
  double began = now();
  pid_t child = fork();
  if (child == 0) {
    execvp(words[2], words + 2);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &used) < 0)
    return 2;
  double wall = now() - began;
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  FILE *out = fopen(words[1], "w");
  if (out == NULL)
    return 2;
  fprintf(out, "%d %.6f %.6f %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128, wall, cpu, used.ru_maxrss);
  return fclose(out) == 0 ? 0 : 2;
}
