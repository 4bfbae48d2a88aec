// SPDX-License-Identifier: Apache-2.0
#pragma once

// All timers of one worker on one system timer: a hierarchical timing wheel (Varghese and Lauck 1987) with
// ticks of one millisecond. Arming and cancelling are O(1), because nearly every request arms a time-out of a
// minute and ends long before.

#include "core/base/time.h"

#include <array>
#include <cstdint>

namespace signalbox::proxy {

class TimerWheel
{
public:
    /// A timer that its owner embeds. Armed at most once; destroying it cancels it.
    class Timer
    {
    public:
        Timer() = default;
        virtual ~Timer() { cancel(); }
        Timer(const Timer&) = delete;
        Timer& operator=(const Timer&) = delete;

        bool isArmed() const { return m_next != nullptr; }
        base::Instant due() const { return m_due; }
        void cancel();

    protected:
        /// The moment has come; the timer is no longer armed. May arm or cancel any timer.
        virtual void onTimer(base::Instant now) = 0;

    private:
        friend class TimerWheel;
        Timer* m_next = nullptr;
        Timer* m_previous = nullptr;
        base::Instant m_due{};
    };

    explicit TimerWheel(base::Instant now);
    ~TimerWheel();

    /// (Re-)arms a timer. Fires at the first advance() at or after `due`, rounded up to a tick.
    void arm(Timer& timer, base::Instant due);

    /// Fires all that is due, in order of their ticks.
    void advance(base::Instant now);

    /// A moment before which nothing is due: when to call advance() next; kNever when nothing is armed. May be too
    /// early (an upper level of the wheel has to be sorted down), never too late.
    base::Instant nextWake() const;

private:
    static constexpr int kLevels = 5;
    static constexpr int kBits = 6;
    static constexpr std::uint64_t kSlots = 1U << kBits;

    struct Slot final : Timer {
        Slot() { m_next = m_previous = this; }
        ~Slot() override { m_next = m_previous = nullptr; }
        void onTimer(base::Instant) override {}
        friend class TimerWheel;
    };

    std::uint64_t tickOf(base::Instant when) const;
    void place(Timer& timer, std::uint64_t tick);
    void cascade(int level);

    base::Instant m_origin;
    std::uint64_t m_now = 0; ///< the last tick that was fired
    std::array<std::array<Slot, kSlots>, kLevels> m_slots;
};

} // namespace signalbox::proxy
