#include "gateway/feed/feed_frame.hpp"

#include <new>

namespace karst::feed {

Frame* FramePtr::allocate(const Frame::About& about, std::uint32_t size) {
  return new (::operator new(sizeof(Frame) + size)) Frame(about, size);
}

void FramePtr::release() {
  if (frame_ == nullptr) return;
  if (frame_->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  frame_->~Frame();
  ::operator delete(frame_);
}

}  // namespace karst::feed
