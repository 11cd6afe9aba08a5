// The tile buffers of a kernel: each between two guard pages, its end as near to the second as alignment allows.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <vector>

struct Buffer {
  enum Kind { INPUT, OUTPUT, SCALAR };
  static constexpr std::size_t PAGE = 4096, ALIGNMENT = 64;

  Kind kind;
  std::size_t bytes;
  std::string name;
  uint8_t *begin = nullptr;

  std::size_t room() const { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }
  uint8_t *pages() const { return begin + room() - page_bytes(); }
  std::size_t page_bytes() const { return (room() + PAGE - 1) / PAGE * PAGE; }

  // Shared with the process that forks the kernel's, which reads the outputs. False when there is no memory.
  bool allocate() {
    void *made = mmap(nullptr, page_bytes() + 2 * PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return false;
    begin = static_cast<uint8_t *>(made) + PAGE + page_bytes() - room();
    return mprotect(pages(), page_bytes(), PROT_READ | PROT_WRITE) == 0;
  }
  void poison(uint8_t byte) { std::memset(pages(), byte, page_bytes()); }
  // Bytes around the buffer that are no longer as they were filled.
  bool intact(uint8_t byte) const {
    for (const uint8_t *p = pages(); p < begin; p++)
      if (*p != byte) return false;
    for (const uint8_t *p = begin + bytes; p < begin + room(); p++)
      if (*p != byte) return false;
    return true;
  }
  bool near(const void *address) const {
    const auto *p = static_cast<const uint8_t *>(address);
    return p >= pages() - PAGE && p < begin + room() + PAGE;
  }
  bool holds(const void *address, std::size_t size) const {
    const auto *p = static_cast<const uint8_t *>(address);
    return p >= begin && p + size <= begin + bytes;
  }
};
