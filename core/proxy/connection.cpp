// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>

namespace signalbox::proxy {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

using Buffers = boost::container::small_vector<asio::const_buffer, 8>;

bool wouldBlock(const error_code& error)
{
    return error == asio::error::would_block || error == asio::error::try_again;
}

} // namespace

void Connection::prepare()
{
    error_code ignored;
    m_socket.non_blocking(true, ignored);
    m_socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::send(std::span<const std::string_view> pieces, Unsent unsent)
{
    if (!isOpen()) {
        return;
    }
    std::size_t sent = 0;
    if (m_unsentSize == 0) {
        error_code error;
        sent = writeNow(pieces, error);
        if (error && !wouldBlock(error)) {
            return; // a reset: the pending read will say so
        }
    }
    keepUnsent(pieces, sent, unsent);
    if (m_unsentSize > 0) {
        write();
    }
}

/// One system call. Small pieces are put together first: a plain send costs less than one with a list of buffers.
std::size_t Connection::writeNow(std::span<const std::string_view> pieces, error_code& error)
{
    std::array<char, kInitialRoom> together;
    std::size_t size = 0;
    for (const std::string_view piece : pieces) {
        if (piece.size() > together.size() - size) {
            Buffers buffers;
            for (const std::string_view part : pieces) {
                buffers.emplace_back(part.data(), part.size());
            }
            return m_socket.write_some(buffers, error);
        }
        std::copy(piece.begin(), piece.end(), together.data() + size);
        size += piece.size();
    }
    return m_socket.write_some(asio::buffer(together.data(), size), error);
}

void Connection::keepUnsent(std::span<const std::string_view> pieces, std::size_t sent, Unsent unsent)
{
    for (std::string_view piece : pieces) {
        if (sent >= piece.size()) {
            sent -= piece.size();
            continue;
        }
        piece.remove_prefix(sent);
        sent = 0;
        m_unsentSize += piece.size();
        if (unsent == Unsent::Refer && piece.size() > kInitialRoom) {
            m_unsentViews.push_back(piece);
        } else if (m_unsentViews.empty()) {
            m_unsentCopy.append(piece);
        } else { // order: what comes behind a view must not overtake it
            for (const std::string_view view : m_unsentViews) {
                m_unsentCopy.append(view);
            }
            m_unsentViews.clear();
            m_unsentCopy.append(piece);
        }
    }
}

void Connection::write()
{
    if (m_writing) {
        return;
    }
    m_writing = true;
    m_socket.async_wait(Socket::wait_write, [self = boost::intrusive_ptr(this)](const error_code& waited) {
        self->m_writing = false;
        if (waited || !self->isOpen()) {
            return;
        }
        Buffers buffers;
        if (self->m_unsentOffset < self->m_unsentCopy.size()) {
            buffers.emplace_back(
                self->m_unsentCopy.data() + self->m_unsentOffset, self->m_unsentCopy.size() - self->m_unsentOffset);
        }
        for (const std::string_view view : self->m_unsentViews) {
            buffers.emplace_back(view.data(), view.size());
        }
        error_code error;
        std::size_t sent = self->m_socket.write_some(buffers, error);
        if (error && !wouldBlock(error)) {
            if (!self->m_reading) { // nobody else would notice
                self->onEnd(true);
            }
            return;
        }
        self->m_unsentSize -= sent;
        const std::size_t copied = std::min(sent, self->m_unsentCopy.size() - self->m_unsentOffset);
        self->m_unsentOffset += copied;
        sent -= copied;
        std::size_t done = 0;
        for (std::string_view& view : self->m_unsentViews) {
            const std::size_t part = std::min(sent, view.size());
            view.remove_prefix(part);
            sent -= part;
            done += view.empty() ? 1 : 0;
        }
        self->m_unsentViews.erase(
            self->m_unsentViews.begin(), self->m_unsentViews.begin() + static_cast<std::ptrdiff_t>(done));
        if (self->m_unsentSize > 0) {
            self->write();
            return;
        }
        std::string().swap(self->m_unsentCopy);
        self->m_unsentOffset = 0;
        if (self->m_shutdownAfterSend) {
            self->shutdownAfterSend();
        }
        self->onDrained();
    });
}

void Connection::startReading()
{
    m_paused = false;
    read();
}

void Connection::read()
{
    if (m_reading || m_paused || !isOpen()) {
        return;
    }
    if (m_frozen) {
        if (m_input.spaceSize() == 0) {
            m_paused = true;
            return;
        }
    } else if (m_input.spaceSize() < kInitialRoom / 4) {
        m_input.makeRoom(std::min(std::max(kInitialRoom, m_input.capacity()), kLargestRead));
    }
    m_reading = true;
    m_input.pin();
    m_socket.async_read_some(asio::buffer(m_input.space(), m_input.spaceSize()),
        [self = boost::intrusive_ptr(this)](const error_code& error, std::size_t size) {
            self->m_reading = false;
            self->m_input.unpin();
            if (error == asio::error::operation_aborted || !self->isOpen()) {
                return;
            }
            if (error) {
                self->m_paused = true;
                self->onEnd(error != asio::error::eof);
                return;
            }
            self->m_input.filled(size);
            self->onInput();
            self->read();
        });
}

void Connection::expectInput(std::size_t bytes)
{
    if (!m_input.isPinned() && m_input.spaceSize() < bytes) {
        m_input.makeRoom(std::min(bytes, kLargestReserve));
    }
}

void Connection::close()
{
    error_code ignored;
    m_socket.close(ignored);
    m_unsentSize = 0;
    m_unsentViews.clear();
    m_paused = true;
}

void Connection::abort()
{
    error_code ignored;
    m_socket.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

void Connection::shutdownAfterSend()
{
    m_shutdownAfterSend = true;
    if (m_unsentSize == 0) {
        error_code ignored;
        m_socket.shutdown(Socket::shutdown_send, ignored);
    }
}

} // namespace signalbox::proxy
