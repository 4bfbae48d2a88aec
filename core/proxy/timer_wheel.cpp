// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/timer_wheel.h"

#include <algorithm>

namespace signalbox::proxy {
namespace {

constexpr base::Duration kTick = std::chrono::milliseconds(1);

} // namespace

void TimerWheel::Timer::cancel()
{
    if (m_next != nullptr) {
        m_next->m_previous = m_previous;
        m_previous->m_next = m_next;
        m_next = m_previous = nullptr;
    }
}

TimerWheel::TimerWheel(base::Instant now) : m_origin(now) {}

TimerWheel::~TimerWheel()
{
    for (auto& level : m_slots) {
        for (Slot& slot : level) {
            while (slot.m_next != &slot) {
                slot.m_next->cancel();
            }
        }
    }
}

std::uint64_t TimerWheel::tickOf(base::Instant when) const
{
    if (when <= m_origin) {
        return 0;
    }
    return static_cast<std::uint64_t>((when - m_origin + kTick - base::Duration(1)) / kTick);
}

void TimerWheel::place(Timer& timer, std::uint64_t tick)
{
    const std::uint64_t distance = tick - m_now;
    int level = 0;
    while (level + 1 < kLevels && distance >= (std::uint64_t{1} << (kBits * (level + 1)))) {
        ++level;
    }
    const std::uint64_t horizon = std::uint64_t{1} << (kBits * kLevels);
    if (distance >= horizon) {
        tick = m_now + horizon - 1; // sorted in again when that slot comes round
    }
    Slot& slot = m_slots[static_cast<std::size_t>(level)][(tick >> (kBits * level)) % kSlots];
    timer.m_previous = slot.m_previous;
    timer.m_next = &slot;
    slot.m_previous->m_next = &timer;
    slot.m_previous = &timer;
}

void TimerWheel::arm(Timer& timer, base::Instant due)
{
    timer.cancel();
    timer.m_due = due;
    place(timer, std::max(tickOf(due), m_now + 1));
}

void TimerWheel::cascade(int level)
{
    if (level >= kLevels) {
        return;
    }
    const std::uint64_t index = (m_now >> (kBits * level)) % kSlots;
    if (index == 0) {
        cascade(level + 1);
    }
    Slot& slot = m_slots[static_cast<std::size_t>(level)][index];
    Slot moved;
    while (slot.m_next != &slot) { // first aside: place() may use this very slot
        Timer* timer = slot.m_next;
        timer->cancel();
        timer->m_previous = moved.m_previous;
        timer->m_next = &moved;
        moved.m_previous->m_next = timer;
        moved.m_previous = timer;
    }
    while (moved.m_next != &moved) {
        Timer* timer = moved.m_next;
        timer->cancel();
        place(*timer, std::max(tickOf(timer->m_due), m_now)); // this very tick's slot is fired next
    }
}

void TimerWheel::advance(base::Instant now)
{
    const auto target = now <= m_origin ? 0 : static_cast<std::uint64_t>((now - m_origin) / kTick);
    while (m_now < target) {
        const base::Instant wake = nextWake();
        if (wake > now) {
            m_now = target; // nothing on the way
            return;
        }
        m_now = std::max(m_now + 1, tickOf(wake));
        if (m_now % kSlots == 0) {
            cascade(1);
        }
        Slot& slot = m_slots[0][m_now % kSlots];
        while (slot.m_next != &slot) {
            Timer* timer = slot.m_next;
            timer->cancel();
            timer->onTimer(now);
        }
    }
}

base::Instant TimerWheel::nextWake() const
{
    // A slot of an upper level is sorted down when its time begins, which is never after what it holds is due.
    std::uint64_t first = UINT64_MAX;
    for (int level = 0; level < kLevels; ++level) {
        const std::uint64_t current = m_now >> (kBits * level);
        for (std::uint64_t step = 1; step <= kSlots; ++step) {
            const Slot& slot = m_slots[static_cast<std::size_t>(level)][(current + step) % kSlots];
            if (slot.m_next != &slot) {
                first = std::min(first, (current + step) << (kBits * level));
                break;
            }
        }
    }
    return first == UINT64_MAX ? base::kNever : m_origin + static_cast<std::int64_t>(first) * kTick;
}

} // namespace signalbox::proxy
