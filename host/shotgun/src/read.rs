//! Reading rows, page after page.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::caller::Caller;
use crate::client::Client;
use crate::envelope::Asked;
use crate::error::CallError;
use crate::query::{Paging, Read};
use crate::retry::Kind;
use crate::rows::Rows;

/// One page of rows.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    entities: Vec<&'a RawValue>,
    #[serde(default)]
    paging_info: Option<PagingInfo>,
}

#[derive(Deserialize)]
struct PagingInfo {
    #[serde(default)]
    has_next_page: bool,
}

impl Client {
    /// Reads rows. Pages are counted by the site as it answers: rows that come or go meanwhile can be missed or come twice.
    pub async fn read(&self, caller: &Caller, read: &Read) -> Result<Rows, CallError> {
        let mut rows = Rows::default();
        let Some(mut paging) = read.paging(self.page_rows_max()).map_err(CallError::Invalid)?
        else {
            return Ok(rows);
        };
        let limit =
            read.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let (mut bytes, bytes_max) = (0, self.shared.answer_bytes_max);
        loop {
            let (page, has_next_page) = self.read_page(caller, read, paging).await?;
            bytes += page.iter().map(str::len).sum::<usize>();
            if bytes > bytes_max {
                return Err(CallError::TooLarge { peer: self.shared.peer.clone(), bytes_max });
            }
            // A site that announces pages without rows would be asked for ever.
            let last = !has_next_page || page.is_empty();
            rows.append(page);
            if last || rows.len() >= limit {
                rows.truncate(limit);
                return Ok(rows);
            }
            paging.page += 1;
        }
    }

    async fn read_page(
        &self,
        caller: &Caller,
        read: &Read,
        paging: Paging,
    ) -> Result<(Rows, bool), CallError> {
        let parse = |asked: &Asked<'_>, body: &str| {
            let page: Page<'_> = asked.object_as(body, "an object with a list of entities")?;
            let mut rows = Rows::default();
            for row in page.entities {
                if !row.get().starts_with('{') {
                    return Err(asked.wrong_shape("a list of objects"));
                }
                rows.push(row);
            }
            let has_next_page =
                paging.looping && page.paging_info.is_some_and(|info| info.has_next_page);
            Ok((rows, has_next_page))
        };
        self.rpc(Kind::Read, "read", Some(caller), Some(&read.wire(paging)), parse).await
    }
}

#[cfg(test)]
mod tests;
