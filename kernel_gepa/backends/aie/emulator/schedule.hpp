// An estimate of when vector operations would issue: each goes to the first free slot after its operands.
// No registers run out here and no two accesses meet in a memory bank, so that real schedules are not shorter.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

class Schedule {
 public:
  enum Slot { LOAD, STORE, VECTOR, MOVE, SLOTS };
  static constexpr std::size_t MOST_CYCLES = std::size_t(1) << 26;

  unsigned issue(int slot, int count, unsigned ready, int latency, const char *operation) {
    unsigned at = std::max(ready, floor_);
    for (int i = 0; i < count; i++) at = place(slot, at);
    issued_[slot] += uint64_t(count);
    operations_[operation] += uint64_t(count);
    if (slot == STORE) last_store_ = std::max(last_store_, at);
    end_ = std::max(end_, at + unsigned(latency));
    return at + unsigned(latency);
  }
  unsigned load(int count, bool waits, int latency, const char *operation) {
    if (waits && issued_[STORE]) waited_++;
    return issue(LOAD, count, waits && issued_[STORE] ? last_store_ + 1 : 0, latency, operation);
  }
  void to_scalar(unsigned ready) { floor_ = std::max(floor_, ready), extracted_++; }

  unsigned cycles() const { return end_; }
  unsigned vector_cycles() const { return vector_cycles_; }
  uint64_t issued(int slot) const { return issued_[slot]; }
  uint64_t waited() const { return waited_; }
  uint64_t extracted() const { return extracted_; }
  const std::map<std::string, uint64_t> &operations() const { return operations_; }

 private:
  std::vector<uint8_t> used_[SLOTS];
  std::vector<bool> vector_busy_;
  unsigned full_until_[SLOTS] = {};  // below it a slot has no room, so that nobody searches there again
  uint64_t issued_[SLOTS] = {}, waited_ = 0, extracted_ = 0;
  unsigned floor_ = 0, last_store_ = 0, end_ = 0, vector_cycles_ = 0;
  std::map<std::string, uint64_t> operations_;

  unsigned place(int slot, unsigned at) {
    const uint8_t room = slot == LOAD ? 2 : 1;
    auto &used = used_[slot];
    at = std::max(at, full_until_[slot]);
    while (at < used.size() && used[at] >= room) at++;
    if (at >= MOST_CYCLES) return at;  // nobody waits for such a kernel; its time runs out soon
    if (at >= used.size()) used.resize(at + 1024, 0);
    used[at]++;
    while (full_until_[slot] < used.size() && used[full_until_[slot]] >= room) full_until_[slot]++;
    if (slot == VECTOR || slot == MOVE) {
      if (at >= vector_busy_.size()) vector_busy_.resize(at + 1024, false);
      vector_cycles_ += !vector_busy_[at];
      vector_busy_[at] = true;
    }
    return at;
  }
};
