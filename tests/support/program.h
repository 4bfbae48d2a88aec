// SPDX-License-Identifier: Apache-2.0
#pragma once

// signalboxctl as a process: its arguments, its output line by line, its exit code.

#include "tests/support/stream_socket.h"

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

#include <csignal>

namespace signalbox::test {

class Program
{
public:
    explicit Program(const QStringList& arguments, const QByteArray& input = {}, const QString& folder = {})
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("NO_COLOR", "1");
        m_process.setProcessEnvironment(environment);
        m_process.setWorkingDirectory(folder);
        m_process.start(SIGNALBOX_CTL, arguments);
        m_process.waitForStarted(static_cast<int>(kDeadline.count()));
        m_process.write(input);
        m_process.closeWriteChannel();
    }
    ~Program()
    {
        if (m_process.state() != QProcess::NotRunning) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }

    /// The next line of standard output, without its end; empty at the end and at the deadline.
    QByteArray line()
    {
        const auto end = Clock::now() + kDeadline;
        while (!m_process.canReadLine() && Clock::now() < end) {
            if (!m_process.waitForReadyRead(100) && m_process.state() == QProcess::NotRunning) {
                break;
            }
        }
        return m_process.readLine().trimmed();
    }
    QJsonObject json() { return QJsonDocument::fromJson(line()).object(); }

    /// Waits for the text "ready URL" and gives the port; 0 when it does not come.
    std::uint16_t readyPort()
    {
        const QByteArray ready = line();
        return ready.startsWith("ready http://") ? ready.mid(ready.lastIndexOf(':') + 1).toUShort() : std::uint16_t{0};
    }

    void signal(int number) { ::kill(static_cast<pid_t>(m_process.processId()), number); }
    bool isRunning() { return m_process.state() == QProcess::Running && !m_process.waitForFinished(0); }

    /// Waits for the end; -1 when it does not come, or came by a crash.
    int exitCode()
    {
        const bool finished =
            m_process.state() == QProcess::NotRunning || m_process.waitForFinished(static_cast<int>(kDeadline.count()));
        return finished && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    QByteArray output() { return m_process.readAllStandardOutput(); }
    QByteArray messages() { return m_process.readAllStandardError(); }

private:
    QProcess m_process;
};

} // namespace signalbox::test
