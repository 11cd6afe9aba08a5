// Runs one kernel on tile buffers, each case in a process of its own, and writes down what was seen.
//
//   runner KERNEL.so PLAN        in a folder of its own, which gets report.N and output.N for each case N
//
// PLAN, one line each:  aliases 0|1 · stack BYTES · limit_ms N · buffer input|output|scalar BYTES NAME ·
// case POISON FILE (the bytes of inputs and scalars, one behind the other). Nothing here knows what is right.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <link.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "buffers.hpp"
#include "confine.hpp"
#include "schedule.hpp"

namespace {
constexpr std::size_t REPORT_BYTES = 1 << 20, MOST_NOTES = 12, GUARD_BYTES = 1 << 20, SCRATCH_BYTES = 8192;
constexpr rlim_t MEMORY_BYTES = rlim_t(1) << 30;

struct Plan {
  struct Case { int poison; std::string inputs; };
  bool aliases = true;
  std::size_t stack_bytes = 48 << 10;
  unsigned limit_ms = 2000;
  std::vector<Buffer> buffers;
  std::vector<Case> cases;
};

Plan plan;
Schedule schedule;
bool counting = false;
int events[2] = {};
struct { unsigned stores, loads, misaligned; } wrong;
std::vector<std::string> notes;
const char *finding = "returned";
std::string reason;
char *report = nullptr;  // shared with the process that waits
uint8_t *stack_begin = nullptr;
std::vector<uint64_t> blocks;
uint64_t *block_counts = nullptr;
std::size_t block_count = 0, static_bytes = 0;
uint8_t scratch[SCRATCH_BYTES];  // where an access goes that has no place
ucontext_t home, kernel_context;
void (*entry)(void **) = nullptr;
std::vector<void *> arguments;

void note(const std::string &text) {
  if (notes.size() < MOST_NOTES && std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(text);
}
std::string quoted(const std::string &text) {
  std::string made = "\"";
  for (const char c : text.substr(0, 400)) made += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c < ' ' ? ' ' : c);
  return made + '"';
}
std::size_t stack_used() {
  const uint8_t *p = stack_begin, *end = stack_begin + plan.stack_bytes;
  while (p < end && *p == 0x5A) p++;
  return std::size_t(end - p);
}

void write_report() {
  std::ostringstream out;
  out << "{\"end\": " << quoted(finding) << ", \"reason\": " << quoted(reason) << ", \"events\": [" << events[0] << ", " << events[1]
      << "], \"stores_outside\": " << wrong.stores << ", \"loads_outside\": " << wrong.loads << ", \"misaligned\": " << wrong.misaligned
      << ", \"stack\": " << stack_used() << ", \"static\": " << static_bytes << ", \"cycles\": " << schedule.cycles()
      << ", \"vector_cycles\": " << schedule.vector_cycles() << ", \"waited\": " << schedule.waited() << ", \"extracted\": "
      << schedule.extracted() << ", \"slots\": [";
  for (int slot = 0; slot < Schedule::SLOTS; slot++) out << (slot ? ", " : "") << schedule.issued(slot);
  out << "], \"operations\": {";
  const char *comma = "";
  for (const auto &[name, count] : schedule.operations()) out << comma << quoted(name) << ": " << count, comma = ", ";
  out << "}, \"notes\": [";
  comma = "";
  for (const auto &text : notes) out << comma << quoted(text), comma = ", ";
  out << "], \"blocks\": [";
  for (std::size_t i = 0; i < blocks.size(); i++) out << (i ? "," : "") << blocks[i];
  out << "]}";
  const std::string text = out.str();
  if (text.size() < REPORT_BYTES) std::memcpy(report, text.c_str(), text.size() + 1);
}
[[noreturn]] void finish(const char *what, const std::string &why) {
  finding = what, reason = why;
  counting = false;
  write_report();
  _exit(0);
}
std::string place(const Buffer &buffer, const void *address) {
  std::ostringstream out;
  out << "byte offset " << (static_cast<const uint8_t *>(address) - buffer.begin) << " of '" << buffer.name << "' (" << buffer.bytes << " bytes)";
  return out.str();
}
void on_signal(int number, siginfo_t *info, void *) {
  const auto *address = static_cast<const uint8_t *>(info->si_addr);
  if (number == SIGVTALRM) finish("endless", "it did not end within " + std::to_string(plan.limit_ms) + " ms of processor time");
  if (number == SIGSYS) finish("system_call", "it makes system call " + std::to_string(info->si_syscall) + "; a tile has no operating system");
  if (number == SIGFPE) finish("arithmetic", "an integer division by zero");
  if (number == SIGILL || number == SIGTRAP) finish("unreachable", "it ran into code that the compiler holds for unreachable");
  if (address >= stack_begin - GUARD_BYTES && address < stack_begin)
    finish("stack", "stack overflow: locals and calls do not fit into the tile");
  for (const Buffer &buffer : plan.buffers)
    if (buffer.near(address)) finish("outside", "out of bounds scalar access at " + place(buffer, address));
  finish("invalid_access", "an access to memory that is not there");
}
}  // namespace

// ---------------------------------------------------------------- what the kernel's library calls

extern "C" {
int aie_emu_rounding = 0, aie_emu_saturation = 0;
unsigned char aie_emu_poison = 0;

unsigned aie_emu_issue(int slot, int count, unsigned ready, int latency, const char *operation) {
  return counting ? schedule.issue(slot, count, ready, latency, operation) : ready;
}
unsigned aie_emu_load(int count, int may_alias, int latency, const char *operation) {
  return counting ? schedule.load(count, may_alias && plan.aliases, latency, operation) : 0;
}
void aie_emu_to_scalar(unsigned ready) {
  if (counting) schedule.to_scalar(ready);
}
[[noreturn]] void aie_emu_stop(const char *why) { finish("stopped", why); }

const void *aie_emu_access(const void *address, unsigned bytes, unsigned alignment, int store, const char *what) {
  const auto *cut = reinterpret_cast<const uint8_t *>(reinterpret_cast<uintptr_t>(address) / alignment * alignment);
  for (const Buffer &buffer : plan.buffers) {
    if (!buffer.near(address)) continue;
    if (cut != address) {
      wrong.misaligned++;
      note("Insufficient alignment: " + std::string(what) + " of " + std::to_string(bytes) + " bytes at " + place(buffer, address) +
           " needs an address that is a multiple of " + std::to_string(alignment));
    }
    if (buffer.holds(cut, bytes)) return cut;
    (store ? wrong.stores : wrong.loads)++;
    note("out of bounds " + std::string(store ? "store: " : "load: ") + what + " of " + std::to_string(bytes) + " bytes at " + place(buffer, cut));
    if (!store) std::memset(scratch, aie_emu_poison, sizeof scratch);
    return bytes <= sizeof scratch ? scratch : cut;
  }
  if (cut != address) {
    wrong.misaligned++;
    note("Insufficient alignment: " + std::string(what) + " of " + std::to_string(bytes) + " bytes in a local or static array needs " +
         std::to_string(alignment) + "-byte alignment; declare it alignas(" + std::to_string(alignment) + ")");
  }
  return cut;
}
unsigned aie_emu_native_copy(void *to, const void *from, unsigned bytes, unsigned ready) {
  const int ports = int(std::max(1u, bytes / 32));
  const auto in_tile = [](const void *p) {
    return std::any_of(plan.buffers.begin(), plan.buffers.end(), [p](const Buffer &b) { return b.near(p); });
  };
  if (in_tile(from)) {
    from = aie_emu_access(from, bytes, std::min(bytes, 32u), 0, "a load through a native vector");
    ready = aie_emu_load(ports, 1, 7, "vlda");
  }
  const bool stores = in_tile(to);
  if (stores) to = const_cast<void *>(aie_emu_access(to, bytes, std::min(bytes, 32u), 1, "a store through a native vector"));
  std::memmove(to, from, bytes);
  return stores ? aie_emu_issue(Schedule::STORE, ports, ready, 1, "vst") : ready;
}
void event0() {
  if (++events[0] != 1) return;
  if (block_counts) std::memset(block_counts, 0, block_count * sizeof *block_counts);
  counting = true;
}
void event1() {
  if (++events[1] != 1) return;
  counting = false;
  blocks.assign(block_counts, block_counts + block_count);
}
}

// ---------------------------------------------------------------- one case

namespace {
void catch_signals() {
  static uint8_t other_stack[64 << 10];
  const stack_t alternative = {other_stack, 0, sizeof other_stack};
  sigaltstack(&alternative, nullptr);
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  action.sa_sigaction = on_signal;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGVTALRM}) sigaction(number, &action, nullptr);
}
void prepare_stack() {
  auto *made = mmap(nullptr, GUARD_BYTES + plan.stack_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_begin = static_cast<uint8_t *>(made) + GUARD_BYTES;
  if (made == MAP_FAILED || mprotect(stack_begin, plan.stack_bytes, PROT_READ | PROT_WRITE)) finish("house", "no memory for a stack");
  std::memset(stack_begin, 0x5A, plan.stack_bytes);
  getcontext(&kernel_context);
  kernel_context.uc_stack.ss_sp = stack_begin;
  kernel_context.uc_stack.ss_size = plan.stack_bytes;
  kernel_context.uc_link = &home;
  makecontext(&kernel_context, [] { entry(arguments.data()); }, 0);
}
int measure_static(dl_phdr_info *info, size_t, void *path) {
  if (std::strcmp(info->dlpi_name, static_cast<const char *>(path)) == 0)
    for (int i = 0; i < info->dlpi_phnum; i++)
      if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_W) static_bytes += info->dlpi_phdr[i].p_memsz;
  return 0;
}
void load(const char *library) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) finish("unloadable", dlerror());
  entry = reinterpret_cast<void (*)(void **)>(dlsym(handle, "aie_emu_entry"));
  if (!entry) finish("house", "the library has no entry");
  block_counts = static_cast<uint64_t *>(dlsym(handle, "aie_emu_blocks"));
  if (const auto *size = static_cast<uint64_t *>(dlsym(handle, "aie_emu_block_count")); size && block_counts) block_count = *size;
  else block_counts = nullptr;
  dl_iterate_phdr(measure_static, const_cast<char *>(library));
  static_bytes -= std::min(static_bytes, block_count * sizeof *block_counts);
}
[[noreturn]] void run(const char *library, const Plan::Case &which, const std::string &inputs) {
  const rlimit memory = {MEMORY_BYTES, MEMORY_BYTES}, none = {0, 0};
  setrlimit(RLIMIT_AS, &memory);
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) finish("house", "no /dev/null");
  aie_emu_poison = static_cast<unsigned char>(which.poison);
  std::memset(scratch, which.poison, sizeof scratch);
  for (Buffer &buffer : plan.buffers) arguments.push_back(buffer.begin);
  prepare_stack();
  catch_signals();
  if (!confine::to({confine::ALWAYS, confine::LOADING}, true)) finish("house", "the system takes no filter for system calls");
  load(library);
  std::size_t at = 0;
  for (Buffer &buffer : plan.buffers) {
    buffer.poison(aie_emu_poison);
    if (buffer.kind == Buffer::OUTPUT) continue;
    if (at + buffer.bytes > inputs.size()) finish("house", "a case is shorter than the buffers");
    std::memcpy(buffer.begin, inputs.data() + at, buffer.bytes);
    at += buffer.bytes;
  }
  if (!confine::to({confine::ALWAYS, {SYS_setitimer}}, false)) finish("house", "the system takes no filter for system calls");
  const itimerval limit = {{0, 0}, {plan.limit_ms / 1000, (plan.limit_ms % 1000) * 1000}};
  setitimer(ITIMER_VIRTUAL, &limit, nullptr);
  swapcontext(&home, &kernel_context);
  for (const Buffer &buffer : plan.buffers)
    if (!buffer.intact(aie_emu_poison)) wrong.stores++, note("bytes around '" + buffer.name + "' were overwritten");
  finish("returned", "");
}
std::string wait_for(pid_t child) {
  const unsigned most = 4 * plan.limit_ms + 2000;
  for (unsigned waited = 0; waited < most * 2; waited++) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? "" : "it was ended by signal " + std::to_string(WTERMSIG(status));
    usleep(500);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return "it did not end within " + std::to_string(most) + " ms";
}
std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
bool read_plan(const char *path) {
  std::ifstream file(path);
  std::string line, word;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> word;
    if (word == "aliases") words >> plan.aliases;
    else if (word == "stack") words >> plan.stack_bytes;
    else if (word == "limit_ms") words >> plan.limit_ms;
    else if (word == "case") words >> plan.cases.emplace_back().poison >> plan.cases.back().inputs;
    else if (word == "buffer") {
      std::string kind;
      Buffer &buffer = plan.buffers.emplace_back();
      words >> kind >> buffer.bytes >> buffer.name;
      buffer.kind = kind == "input" ? Buffer::INPUT : kind == "output" ? Buffer::OUTPUT : Buffer::SCALAR;
      if (!buffer.allocate()) return false;
    } else return false;
    if (!words) return false;
  }
  return !plan.cases.empty();
}
}  // namespace

int main(int count, char **words) {
  if (count != 3 || !read_plan(words[2])) return fprintf(stderr, "runner: the plan cannot be read\n"), 2;
  report = static_cast<char *>(mmap(nullptr, REPORT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (report == MAP_FAILED) return 2;
  for (std::size_t i = 0; i < plan.cases.size(); i++) {
    const std::string inputs = contents(plan.cases[i].inputs);
    std::memset(report, 0, REPORT_BYTES);
    const pid_t child = fork();
    if (child == 0) run(words[1], plan.cases[i], inputs);
    if (child < 0) return fprintf(stderr, "runner: no process can be made\n"), 2;
    const std::string ended = wait_for(child);
    report[REPORT_BYTES - 1] = 0;
    std::string told = report;
    if (told.empty()) told = "{\"end\": \"died\", \"reason\": " + quoted(ended) + "}";
    std::ofstream("report." + std::to_string(i), std::ios::binary) << told;
    std::ofstream outputs("output." + std::to_string(i), std::ios::binary);
    for (const Buffer &buffer : plan.buffers)
      if (buffer.kind == Buffer::OUTPUT) outputs.write(reinterpret_cast<const char *>(buffer.begin), std::streamsize(buffer.bytes));
  }
  return 0;
}
