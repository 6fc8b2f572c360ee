// Serves many clients with one model: workers gather requests into batches until a batch is full or
// its first request has waited long enough. The clients are threads of this program; a real server
// would have its connections there.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <future>
#include <iomanip>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common.hpp"
#include "file_list.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Request {
  eigenvit::ImageView image;
  Clock::time_point sent = Clock::now();
  std::promise<eigenvit::Prediction> result{};
};

/// Requests on their way from clients to workers.
class Queue {
 public:
  Queue(std::size_t batch_size, Milliseconds deadline)
      : batch_size_(batch_size), deadline_(std::chrono::duration_cast<Clock::duration>(deadline)) {}

  std::future<eigenvit::Prediction> send(const eigenvit::ImageView& image) {
    Request request{image};
    auto result = request.result.get_future();
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(std::move(request));
    changed_.notify_one();
    return result;
  }

  /// Fills `batch`; without any request once the queue is closed.
  void receive(std::vector<Request>& batch) {
    batch.clear();
    std::unique_lock<std::mutex> lock(mutex_);
    do {
      changed_.wait(lock, [&] { return closed_ || !requests_.empty(); });
      if (requests_.empty()) return;
      const auto until = requests_.front().sent + deadline_;
      changed_.wait_until(lock, until, [&] { return closed_ || requests_.size() >= batch_size_; });
      // Another worker may have taken them meanwhile.
    } while (requests_.empty());
    while (!requests_.empty() && batch.size() < batch_size_) {
      batch.push_back(std::move(requests_.front()));
      requests_.pop_front();
    }
    if (!requests_.empty()) changed_.notify_one();
  }

  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::size_t batch_size_;
  Clock::duration deadline_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;
  bool closed_ = false;
};

/// Runs the model on batches. Each worker has threads, a workspace and a result of its own; all
/// share the model.
class Worker {
 public:
  Worker(const eigenvit::Model& model, const eigenvit::Image& largest, int batch_size, int threads)
      : model_(model), pool_(threads) {
    taps_.logits = true;
    model_.warm_up(largest.width(), largest.height(), taps_, output_, &pool_, workspace_,
                   batch_size);
  }

  void serve(Queue& queue) {
    std::vector<Request> batch;
    for (queue.receive(batch); !batch.empty(); queue.receive(batch)) {
      ++batches_;
      if (respond(batch.data(), batch.size()) || batch.size() == 1) continue;
      // One of them cannot be computed: the others shall not go without for it.
      for (Request& request : batch) respond(&request, 1);
    }
  }

  std::size_t batches() const { return batches_; }
  std::size_t workspace_bytes() const { return workspace_.size(); }

 private:
  /// Whether the requests were computed. A single one that was not gets the error.
  bool respond(Request* requests, std::size_t count) {
    try {
      images_.clear();
      for (std::size_t i = 0; i < count; ++i) images_.push_back(requests[i].image);
      model_.run(images_, taps_, output_, &pool_, &workspace_);
      results_.clear();
      for (std::size_t i = 0; i < count; ++i) {
        const auto logits = output_.logits_of(static_cast<eigenvit::Index>(i));
        results_.push_back(model_.predictions(logits, 1).front());
      }
    } catch (...) {
      if (count == 1) requests->result.set_exception(std::current_exception());
      return false;
    }
    for (std::size_t i = 0; i < count; ++i) requests[i].result.set_value(std::move(results_[i]));
    return true;
  }

  const eigenvit::Model& model_;
  eigenvit::ThreadPoolExecutor pool_;
  eigenvit::Taps taps_;
  eigenvit::Workspace workspace_;
  eigenvit::VitOutput<float> output_;
  std::vector<eigenvit::ImageView> images_;
  std::vector<eigenvit::Prediction> results_;
  std::size_t batches_ = 0;
};

/// Lets each worker serve on a thread of its own. Destroying it closes the queue and waits for the
/// workers to answer what is in it.
class Service {
 public:
  Service(const std::vector<std::unique_ptr<Worker>>& workers, Queue& queue) : queue_(queue) {
    try {
      for (const auto& worker : workers) {
        threads_.emplace_back([&queue, &worker] { worker->serve(queue); });
      }
    } catch (...) {
      end();
      throw;
    }
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() { end(); }

 private:
  void end() {
    queue_.close();
    for (std::thread& thread : threads_) thread.join();
  }

  Queue& queue_;
  std::vector<std::thread> threads_;
};

/// What a client was answered.
struct Answers {
  std::vector<double> latencies;  // of the requests that have a result
  std::size_t refused = 0;
  std::string refusal;  // of one of those
};

/// Sends images one after the other, each when the one before has its answer.
Answers send_images(Queue& queue, const std::vector<eigenvit::Image>& images, std::size_t first,
                    std::size_t requests) {
  Answers answers;
  for (std::size_t i = 0; i < requests; ++i) {
    const auto begin = Clock::now();
    try {
      queue.send(images[(first + i) % images.size()]).get();
      answers.latencies.push_back(Milliseconds(Clock::now() - begin).count());
    } catch (const eigenvit::Error& error) {
      ++answers.refused;
      answers.refusal = error.what();
    }
  }
  return answers;
}

/// Bytes of memory that the process has in use; 0 where the system does not say so in this file.
double resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return 1024 * kilobytes;
  }
  return 0;
}

struct ServerOptions : CommonOptions {
  double deadline = 5;
  int workers = 1;
  int clients = 16;
  int requests = 20;  // of each client
};

int run(const ServerOptions& options, const std::vector<eigenvit::Image>& images) {
  const auto model =
      eigenvit::load_model(eigenvit::utf8_path(options.model), options.model_options());
  if (!model.has_head()) {
    throw eigenvit::UnsupportedError(options.model +
                                     ": expected a model with a head, found one without");
  }
  const auto& largest = *std::max_element(images.begin(), images.end(),
                                          [](const eigenvit::Image& a, const eigenvit::Image& b) {
                                            return a.width() * a.height() < b.width() * b.height();
                                          });
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(std::make_unique<Worker>(model, largest, options.batch_size,
                                               std::max(1, options.threads / options.workers)));
  }

  Queue queue(std::size_t(options.batch_size), Milliseconds(options.deadline));
  // Before the clients, who wait for it where one more cannot be started.
  std::optional<Service> service(std::in_place, workers, queue);
  const auto begin = Clock::now();
  std::vector<std::future<Answers>> clients;
  for (int i = 0; i < options.clients; ++i) {
    clients.push_back(std::async(std::launch::async, [&, i] {
      return send_images(queue, images, std::size_t(i), std::size_t(options.requests));
    }));
  }
  for (auto& client : clients) client.wait();
  const double seconds = Milliseconds(Clock::now() - begin).count() / 1000;
  service.reset();

  std::vector<double> latencies;
  std::size_t refused = 0;
  std::string refusal;
  for (auto& client : clients) {
    const Answers answers = client.get();
    latencies.insert(latencies.end(), answers.latencies.begin(), answers.latencies.end());
    refused += answers.refused;
    if (answers.refused > 0) refusal = answers.refusal;
  }
  if (latencies.empty()) throw eigenvit::Error("no image could be computed: " + refusal);
  std::sort(latencies.begin(), latencies.end());
  const auto percentile = [&](std::size_t percent) {
    return latencies[(latencies.size() - 1) * percent / 100];
  };
  std::size_t batches = 0;
  std::size_t workspaces = 0;
  for (const auto& worker : workers) {
    batches += worker->batches();
    workspaces += worker->workspace_bytes();
  }
  eigenvit::Taps taps;
  taps.logits = true;
  const auto memory = model.memory(largest.width(), largest.height(), taps, options.batch_size);
  std::cout << std::fixed << std::setprecision(1) << "requests    " << latencies.size() << " from "
            << options.clients << " clients, in " << batches << " batches\n"
            << "latency     p50 " << percentile(50) << " ms, p90 " << percentile(90) << " ms, p99 "
            << percentile(99) << " ms\n"
            << "throughput  " << double(latencies.size()) / seconds << " images/s\n"
            << "memory      weights " << double(memory.weights) / 1e6 << " MB, workspaces "
            << double(workspaces) / 1e6 << " MB";
  if (const double bytes = resident_bytes(); bytes > 0) {
    std::cout << ", resident " << bytes / 1e6 << " MB";
  }
  std::cout << '\n';
  if (refused == 0) return 0;
  std::cerr << "server: " << refused << " requests were refused: " << refusal << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Measures a model as a server has it: clients send images at the same time, workers gather "
      "them into batches",
      "server");
  app.footer("server --model vit_base --clients 32 --batch-size 8 photo.jpg");
  ServerOptions options;
  options.add_to(app);
  FileList files;
  files.add_to(app, "IMAGE", "Image files that the clients send")->required();
  app.add_option("--clients", options.clients, "Clients at the same time")
      ->type_name("N")
      ->check(within(1, 1024))
      ->capture_default_str();
  app.add_option("--requests", options.requests, "Images that each client sends")
      ->type_name("N")
      ->check(within(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Batches at the same time; they share the threads")
      ->type_name("N")
      ->check(within(1, 64))
      ->capture_default_str();
  app.add_option("--deadline", options.deadline,
                 "Milliseconds that a request waits for others to share its batch")
      ->type_name("MS")
      ->check(within(0.0, 10000.0))
      ->capture_default_str();
  return run_program(app, argc, argv, [&] {
    std::vector<eigenvit::Image> images;
    for (const std::string& path : files.read()) {
      images.push_back(eigenvit::load_image(eigenvit::utf8_path(path), options.decode()));
    }
    return run(options, images);
  });
}
