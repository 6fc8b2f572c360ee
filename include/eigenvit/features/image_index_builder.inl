#ifndef EIGENVIT_FEATURES_IMAGE_INDEX_BUILDER_INL
#define EIGENVIT_FEATURES_IMAGE_INDEX_BUILDER_INL

#include <algorithm>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/link_target.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/features/image_index_builder.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The index at that path, which must be of the same model; none where there is no file.
inline std::optional<ImageIndexFile> existing_index(const std::filesystem::path& path,
                                                    const ImageIndexInfo& info) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  std::optional<ImageIndexFile> index = ImageIndexFile::open(path);
  index->info().check(info, index->source());
  return index;
}

/// The journal of the index at that path, where that may be written.
inline std::filesystem::path journal_path(std::filesystem::path index, const ImageIndexInfo& info) {
  // What is refused must not begin a journal, which would end that of another model.
  existing_index(index, info);
  index += ".partial";
  return index;
}

}  // namespace detail

EIGENVIT_INLINE ImageIndexBuilder::ImageIndexBuilder(const std::filesystem::path& path,
                                                     ImageIndexInfo info)
    : path_(detail::link_target(path)),
      info_(std::move(info)),
      journal_(detail::journal_path(path_, info_), info_),
      // Once more, now that nobody else can replace it.
      old_(detail::existing_index(path_, info_)) {
  for (Index i = 0; old_ && i < old_->size(); ++i) {
    entries_[old_->names()[static_cast<std::size_t>(i)]] = {old_->stamp(i), false,
                                                            static_cast<std::uint64_t>(i)};
  }
  for (const detail::IndexJournal::Record& record : journal_.found()) {
    entries_[record.name] = {record.stamp, true, record.begin};
  }
}

EIGENVIT_INLINE bool ImageIndexBuilder::has(const std::string& name, const FileStamp& stamp) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.stamp == stamp;
}

EIGENVIT_INLINE void ImageIndexBuilder::add(const std::string& name, const FileStamp& stamp,
                                            const ConstVectorRef<float>& vector) {
  if (vector.size() != info_.width) {
    detail::raise<ShapeError>({detail::path_text(path_), ": image ", detail::Quoted{name},
                               ": expected a vector of ", info_.width, " values, found ",
                               vector.size()});
  }
  const double squares = detail::squared_length(vector.data(), vector.size());
  if (!detail::is_unit(squares)) {
    detail::raise<ShapeError>(
        {detail::path_text(path_), ": image ", detail::Quoted{name},
         ": expected a vector of length 1, found one of ",
         detail::is_finite(squares) ? "another length" : "values that are not finite"});
  }
  if (name.size() > detail::IndexJournal::longest_name) {
    detail::raise<FormatError>({detail::path_text(path_), ": expected a name of at most ",
                                detail::IndexJournal::longest_name, " bytes, found one of ",
                                name.size()});
  }
  if (name.empty() || name.find('\0') != std::string::npos) {
    detail::raise<FormatError>({detail::path_text(path_),
                                ": expected a name without zero bytes, found ",
                                detail::Quoted{name}});
  }
  entries_[name] = {stamp, true, journal_.add(name, stamp, vector.data())};
}

EIGENVIT_INLINE std::size_t ImageIndexBuilder::commit(const std::vector<std::string>& names) {
  std::vector<const std::pair<const std::string, Entry>*> chosen;
  std::string text;
  std::vector<std::int64_t> stamps;
  for (const std::string& name : names) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) continue;
    chosen.push_back(&*found);
    text += name;
    text += '\0';
    stamps.insert(stamps.end(), {found->second.stamp.bytes, found->second.stamp.time});
  }
  const std::size_t count = chosen.size();
  if (count == 0) {
    detail::raise<FileError>(
        {detail::path_text(path_), ": expected at least one image that can be read, found none"});
  }
  bool same = old_ && old_->info().folder == info_.folder &&
              count == static_cast<std::size_t>(old_->size());
  for (std::size_t i = 0; same && i < count; ++i) {
    same = !chosen[i]->second.in_journal && chosen[i]->second.place == i;
  }
  if (!same) {
    const auto width = static_cast<std::uint64_t>(info_.width);
    std::map<std::string, std::string> metadata = {{"format", detail::ImageIndexFile::format()},
                                                   {"fingerprint", info_.fingerprint},
                                                   {"architecture", info_.architecture},
                                                   {"folder", info_.folder}};
    if (!info_.precision.empty()) metadata["precision"] = info_.precision;
    SafetensorsWriter writer(path_,
                             {{"embeddings", {count, width}},
                              {"names", {text.size()}, DType::u8},
                              {"stamps", {count, 2}, DType::i64}},
                             metadata);
    writer.write_elements(1, 0, text.data(), text.size());
    writer.write_elements(2, 0, stamps.data(), stamps.size());
    Vector<float> vector(info_.width);
    for (std::size_t i = 0; i < count; ++i) {
      const Entry& entry = chosen[i]->second;
      if (entry.in_journal) {
        journal_.read({chosen[i]->first, entry.stamp, entry.place}, vector.data());
      } else {
        old_->read(static_cast<Index>(entry.place), 1, vector.data());
      }
      writer.write(0, i * width, vector.data(), static_cast<std::size_t>(width));
    }
    // Windows does not replace a file that is mapped.
    old_.reset();
    writer.commit(true);
  }
  journal_.remove();
  return count;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
